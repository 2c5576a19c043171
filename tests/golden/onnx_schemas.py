"""The forms of ONNX operators in each operator set, from the onnx package: python3 onnx_schemas.py > onnx-schemas.json

For each operator and each version of it up to 21: the operator set it came with, how many inputs and outputs it
takes, and the names of its attributes.
"""

import json

import onnx

NEWEST = 21
OPERATORS = """
Abs Add And ArgMax AveragePool Cast Concat Conv ConvTranspose Cos DequantizeLinear Div Equal Erf Exp Expand Floor Gather GatherElements
Greater GreaterOrEqual GridSample Identity Log LogSoftmax MatMul Max MaxPool Min Mul Neg Not Or Pad Pow QuantizeLinear ReduceMax
ReduceMin ReduceSum ReduceSumSquare Relu Reshape Resize Round ScatterElements Shape Sigmoid Sign Sin Slice Softmax
Softplus Sqrt Squeeze Sub Tanh Transpose Where
""".split()


def form(schema):
    return {
        "since": schema.since_version,
        "inputs": [schema.min_input, min(schema.max_input, 2**31 - 1)],
        "outputs": [schema.min_output, min(schema.max_output, 2**31 - 1)],
        "attributes": sorted(schema.attributes),
    }


schemas = [s for s in onnx.defs.get_all_schemas_with_history() if s.domain == "" and s.since_version <= NEWEST]
table = {
    name: sorted((form(s) for s in schemas if s.name == name), key=lambda each: each["since"]) for name in OPERATORS
}
print("{")
print(
    ",\n".join(
        f"  {json.dumps(name)}: [\n" + ",\n".join(f"    {json.dumps(each)}" for each in forms) + "\n  ]"
        for name, forms in table.items()
    )
)
print("}")
