using System.Buffers.Binary;
using System.Text;

namespace Hybrid.MiniLM.Tests;

/// <summary>A tensor of an ONNX model in single precision; its numbers lie in the model's bytes.</summary>
internal sealed record OnnxTensor(string Name, long[] Shape, ReadOnlyMemory<byte> Data);

/// <summary>
/// Of an ONNX model the tensors and which of them multiply what, in the order of the graph. Field numbers are those of the published
/// onnx.proto: graph 7; of a graph node 1 and initializer 5; of a node input 1 and op_type 4; of a tensor dims 1, data_type 2, name 8 and
/// raw_data 9.
/// </summary>
internal sealed class OnnxModel
{
    private const int Float = 1;

    private readonly List<OnnxTensor> _factors = [];

    public OnnxModel(ReadOnlyMemory<byte> model)
    {
        List<(string Kind, List<string> Inputs)> nodes = [];
        foreach (Field graph in Fields(model).Where(field => field.Number == 7))
        {
            foreach (Field field in Fields(graph.Bytes))
            {
                if (field.Number == 1)
                    nodes.Add(Node(field.Bytes));
                else if (field.Number == 5 && Tensor(field.Bytes) is OnnxTensor tensor)
                    Tensors[tensor.Name] = tensor;
            }
        }

        foreach ((string kind, List<string> inputs) in nodes)
        {
            if (kind == "MatMul" && Tensors.TryGetValue(inputs[1], out OnnxTensor? factor))
                _factors.Add(factor);
        }
    }

    /// <summary>Tensors in single precision by name.</summary>
    public Dictionary<string, OnnxTensor> Tensors { get; } = [];

    /// <summary>Right factors [in, out] of products with a weight, in the order of the graph.</summary>
    public IReadOnlyList<OnnxTensor> Factors => _factors;

    private static (string Kind, List<string> Inputs) Node(ReadOnlyMemory<byte> bytes)
    {
        string kind = "";
        List<string> inputs = [];
        foreach (Field field in Fields(bytes))
        {
            if (field.Number == 1)
                inputs.Add(Text(field.Bytes));
            else if (field.Number == 4)
                kind = Text(field.Bytes);
        }

        return (kind, inputs);
    }

    private static OnnxTensor? Tensor(ReadOnlyMemory<byte> bytes)
    {
        string name = "";
        List<long> shape = [];
        ulong type = 0;
        ReadOnlyMemory<byte> data = default;
        foreach (Field field in Fields(bytes))
        {
            switch (field.Number)
            {
                case 1 when field.Bytes.IsEmpty:
                    shape.Add((long)field.Value);
                    break;
                case 1:
                    for (ReadOnlyMemory<byte> rest = field.Bytes; !rest.IsEmpty;)
                        shape.Add((long)Varint(ref rest));
                    break;
                case 2:
                    type = field.Value;
                    break;
                case 8:
                    name = Text(field.Bytes);
                    break;
                case 9:
                    data = field.Bytes;
                    break;
            }
        }

        return type == Float ? new(name, [.. shape], data) : null;
    }

    private readonly record struct Field(int Number, ulong Value, ReadOnlyMemory<byte> Bytes);

    private static IEnumerable<Field> Fields(ReadOnlyMemory<byte> message)
    {
        while (!message.IsEmpty)
        {
            ulong key = Varint(ref message);
            int number = (int)(key >> 3);
            switch (key & 7)
            {
                case 0:
                    yield return new(number, Varint(ref message), default);
                    break;
                case 1:
                    yield return new(number, BinaryPrimitives.ReadUInt64LittleEndian(message.Span), default);
                    message = message[8..];
                    break;
                case 2:
                    int length = (int)Varint(ref message);
                    yield return new(number, 0, message[..length]);
                    message = message[length..];
                    break;
                case 5:
                    yield return new(number, BinaryPrimitives.ReadUInt32LittleEndian(message.Span), default);
                    message = message[4..];
                    break;
                default:
                    throw new InvalidDataException($"wire type {key & 7} of field {number}");
            }
        }
    }

    private static ulong Varint(ref ReadOnlyMemory<byte> bytes)
    {
        ulong value = 0;
        for (int i = 0; ; i++)
        {
            byte next = bytes.Span[i];
            value |= (ulong)(next & 0x7F) << (7 * i);
            if (next < 0x80)
            {
                bytes = bytes[(i + 1)..];
                return value;
            }
        }
    }

    private static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);
}
