// Small OpenEXR files of every kind that is read, and of some that are refused; the values are those of pictures.py.
// g++ -std=c++17 -I/usr/include/OpenEXR -I/usr/include/Imath exr.cpp -lOpenEXR-3_1 -lImath-3_1 -o /tmp/exr && /tmp/exr pictures
#include <ImfChannelList.h>
#include <ImfFrameBuffer.h>
#include <ImfHeader.h>
#include <ImfOutputFile.h>
#include <ImfTiledOutputFile.h>
#include <half.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

using namespace Imf;
const int W = 19, H = 71;

struct Plane {
  std::string name;
  PixelType type;
};

static double valueOf(int x, int y, int c) { return (7 * x + 13 * y + 29 * c - 100) / 8.0; }

static void write(const std::string& path, const std::vector<Plane>& planes, Compression compression, bool tiles) {
  Header header(W, H);
  header.compression() = compression;
  std::vector<std::vector<char>> memory;
  FrameBuffer frame;
  for (size_t c = 0; c < planes.size(); c++) {
    header.channels().insert(planes[c].name, Channel(planes[c].type));
    size_t size = planes[c].type == HALF ? 2 : 4;
    memory.emplace_back(size * W * H);
    char* base = memory.back().data();
    for (int y = 0; y < H; y++)
      for (int x = 0; x < W; x++) {
        char* at = base + size * (y * W + x);
        if (planes[c].type == HALF) *(half*)at = half((float)valueOf(x, y, c));
        else if (planes[c].type == FLOAT) *(float*)at = (float)valueOf(x, y, c);
        else *(unsigned*)at = 7 * x + 13 * y + 29 * c;
      }
    frame.insert(planes[c].name, Slice(planes[c].type, base, size, size * W));
  }
  if (tiles) {
    header.setTileDescription(TileDescription(16, 24, ONE_LEVEL));
    TiledOutputFile file(path.c_str(), header);
    file.setFrameBuffer(frame);
    file.writeTiles(0, file.numXTiles() - 1, 0, file.numYTiles() - 1);
  } else {
    OutputFile file(path.c_str(), header);
    file.setFrameBuffer(frame);
    file.writePixels(H);
  }
}

int main(int, char** arguments) {
  const std::string out = std::string(arguments[1]) + "/";
  const std::map<std::string, Compression> compressions = {
      {"none", NO_COMPRESSION}, {"rle", RLE_COMPRESSION},     {"zips", ZIPS_COMPRESSION}, {"zip", ZIP_COMPRESSION},
      {"piz", PIZ_COMPRESSION}, {"pxr24", PXR24_COMPRESSION}, {"b44", B44_COMPRESSION},   {"dwaa", DWAA_COMPRESSION}};
  for (auto& [name, compression] : compressions) {
    write(out + "half-" + name + ".exr", {{"Y", HALF}}, compression, false);
    if (name != "b44") write(out + "float-" + name + ".exr", {{"Z", FLOAT}}, compression, false);
  }
  write(out + "mixed-piz.exr", {{"R", HALF}, {"G", HALF}, {"B", HALF}, {"Z", FLOAT}}, PIZ_COMPRESSION, false);
  write(out + "mixed-pxr24.exr", {{"R", HALF}, {"G", HALF}, {"B", HALF}, {"Z", FLOAT}}, PXR24_COMPRESSION, false);
  write(out + "layers.exr",
        {{"View.Combined.R", HALF}, {"View.Combined.G", HALF}, {"View.Combined.B", HALF}, {"View.Combined.A", HALF},
         {"View.Depth.Z", FLOAT}, {"View.Normal.X", FLOAT}, {"View.Normal.Y", FLOAT}, {"View.Normal.Z", FLOAT}},
        ZIP_COMPRESSION, false);
  write(out + "ids.exr", {{"id", UINT}}, ZIP_COMPRESSION, false);
  write(out + "ids-piz.exr", {{"id", UINT}}, PIZ_COMPRESSION, false);
  write(out + "ids-pxr24.exr", {{"id", UINT}}, PXR24_COMPRESSION, false);
  write(out + "tiles-zip.exr", {{"Y", HALF}}, ZIP_COMPRESSION, true);
  write(out + "tiles-piz.exr", {{"Y", FLOAT}}, PIZ_COMPRESSION, true);
  return 0;
}
