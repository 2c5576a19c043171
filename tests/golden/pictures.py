"""Small pictures of every kind, by tifffile, libtiff's tiffcp, Pillow and NumPy; the values are those of `value`.

Run in this folder with python3-numpy, python3-pil, python3-tifffile, libtiff-tools and imagemagick. EXR files are made by exr.cpp.
"""
import os
import subprocess

import numpy as np
import tifffile
from PIL import Image

OUT = "pictures"
H, W = 13, 19


def value(dtype, channels=1, height=H, width=W):
    """n = 7x + 13y + 29c, brought to the type: see sampleValue in tests/data/files/pictures.ts."""
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(channels), indexing="ij")
    n = 7 * x + 13 * y + 29 * c
    name = np.dtype(dtype).name
    if name.startswith("float"):
        out = (n - 100) / 8
    elif name == "uint8":
        out = n % 256
    elif name == "int8":
        out = n % 256 - 128
    elif name == "uint16":
        out = n * 257 % 65536
    elif name == "int16":
        out = n * 257 % 65536 - 32768
    elif name in ("uint32", "uint64"):
        out = n * 5000011 % 2**32
    else:
        out = n * 5000011 % 2**32 - 2**31
    out = out.astype(dtype)
    return out[:, :, 0] if channels == 1 else out


def path(name):
    return os.path.join(OUT, name)


def tiffcp(source, target, *arguments):
    subprocess.run(["tiffcp", *arguments, path(source), path(target)], check=True)


def tiffs():
    types = ["uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float16", "float32", "float64"]
    for name in types:
        tifffile.imwrite(path(f"{name}.tif"), value(name))
    for name in ("uint16", "float16", "float32"):
        tifffile.imwrite(path(f"{name}-big-endian.tif"), value(name), byteorder=">")
        tifffile.imwrite(path(f"{name}-bigtiff.tif"), value(name), bigtiff=True)
    for name in ("uint8", "uint16", "int32", "float32", "float64"):
        floats = name.startswith("float")
        for scheme in ("lzw", "zip", "packbits"):
            tiffcp(f"{name}.tif", f"{name}-{scheme}.tif", "-c", scheme, "-r", "4")
        if name != "float64":
            tiffcp(f"{name}.tif", f"{name}-lzw-predictor.tif", "-c", "lzw:3" if floats else "lzw:2", "-r", "4")
        # Of floats, tiffcp writes big-endian files with this predictor that libtiff itself cannot read.
        if floats:
            tiffcp(f"{name}.tif", f"{name}-zip-predictor.tif", "-c", "zip:3", "-r", "4")
        else:
            tiffcp(f"{name}.tif", f"{name}-zip-predictor-big-endian.tif", "-B", "-c", "zip:2", "-r", "4")
    for name in ("uint8", "uint16", "float32"):
        tifffile.imwrite(path(f"{name}-rgb.tif"), value(name, 3), photometric="rgb")
        tiffcp(f"{name}-rgb.tif", f"{name}-rgb-tiles-predictor.tif", "-c", "lzw:3" if name == "float32" else "lzw:2", "-t", "-w", "16", "-l", "16")
        planes = np.ascontiguousarray(np.moveaxis(value(name, 3), 2, 0))
        tifffile.imwrite(path(f"{name}-rgb-planes.tif"), planes, photometric="rgb", planarconfig="separate", rowsperstrip=4)
    # libtiff's LZW of more than 4096 codes, with a reset of the table.
    tifffile.imwrite(path("uint16-long.tif"), value("uint16", 1, 90, 80))
    tiffcp("uint16-long.tif", "uint16-long-lzw.tif", "-c", "lzw")
    os.remove(path("uint16-long.tif"))
    for bits in (1, 2, 4):
        index = (value("uint8") % 2**bits).astype(np.uint8)
        image = Image.fromarray(index, "P")
        image.putpalette([component for i in range(2**bits) for component in (i * 10, 255 - i * 10, i)])
        image.save(path(f"index{bits}.png"), bits=bits)
    image = Image.fromarray(value("uint8"), "P")
    image.putpalette([component for i in range(256) for component in (i, 255 - i, i // 2)])
    image.save(path("index8.tif"), compression="tiff_lzw")
    image.save(path("index8.bmp"))
    image.save(path("index8.png"))
    Image.fromarray(value("uint8") % 2 == 1).save(path("bit.tif"), compression="packbits")
    Image.fromarray(value("uint8") % 2 == 1).save(path("bit.bmp"))
    Image.fromarray(value("uint8") % 2 == 1).save(path("fax.tif"), compression="group4")
    Image.fromarray(value("uint8")).save(path("white-is-zero.tif"), tiffinfo={262: 0})
    Image.fromarray(value("uint8", 3)).save(path("jpeg.tif"), compression="jpeg")
    Image.fromarray(value("uint8", 4), "CMYK").save(path("cmyk.tif"))
    Image.fromarray(value("uint8", 4), "CMYK").save(path("cmyk.jpg"))
    tifffile.imwrite(path("pages.tif"), np.stack([value("uint8"), value("uint8")]), photometric="minisblack")
    tifffile.imwrite(path("multi.tif"), value("uint8", 5), photometric="minisblack", planarconfig="contig", extrasamples=[0, 0, 0, 0])


def bitmaps():
    rgb = Image.fromarray(value("uint8", 3))
    rgb.save(path("rgb.bmp"))
    Image.fromarray(value("uint8")).save(path("grey.bmp"))
    Image.fromarray(value("uint8", 4), "RGBA").save(path("rgba.bmp"))
    subprocess.run(["convert", path("index8.bmp"), "-compress", "RLE", "BMP3:" + path("runs.bmp")], check=True)


def webps():
    Image.fromarray(value("uint8", 3)).save(path("lossless.webp"), lossless=True, exact=True)
    Image.fromarray(value("uint8", 4), "RGBA").save(path("lossless-alpha.webp"), lossless=True, exact=True)
    Image.fromarray(value("uint8", 3)).save(path("lossy.webp"), quality=80)


def arrays():
    types = ["uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float16", "float32", "float64"]
    for name in types:
        np.save(path(f"{name}.npy"), value(name))
    np.save(path("bool.npy"), value("uint8") % 2 == 1)
    np.save(path("float16-big-endian.npy"), value("float16").astype(">f2"))
    np.save(path("int64-fortran.npy"), np.asfortranarray(value("int64")))
    np.save(path("complex.npy"), value("float32").astype(np.complex64))
    np.savez(path("one.npz"), anything=value("uint16"))
    np.savez_compressed(path("several.npz"), image=value("uint8", 3), depth=value("float16"))


def orientations():
    picture = np.zeros((2, 3, 3), np.uint8)
    picture[0, :, 0] = [10, 20, 30]
    picture[1, :, 0] = [40, 50, 60]
    for n in range(1, 9):
        exif = Image.Exif()
        exif[274] = n
        Image.fromarray(picture).save(path(f"turned{n}.png"), exif=exif)
        Image.fromarray(picture).save(path(f"turned{n}.tif"), tiffinfo={274: n})
        large = Image.fromarray(np.repeat(np.repeat(picture, 16, 0), 16, 1))
        large.save(path(f"turned{n}.jpg"), exif=exif, quality=95, subsampling=0)
    exif = Image.Exif()
    exif[274] = 6
    large.save(path("turned6.webp"), exif=exif, lossless=True)


os.makedirs(OUT, exist_ok=True)
tiffs()
bitmaps()
webps()
arrays()
orientations()
