using Hybrid.Import.Checkpoints;
using Hybrid.Import.Files;
using Hybrid.Import.Json;
using Hybrid.Import.Safetensors;
using Hybrid.Lab.Tests;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Training;
using Xunit;

namespace Hybrid.Import.Tests.Checkpoints;

/// <summary>Checkpoints as PyTorch runs them. Sums of some 1000 products in single precision leave about 1e-6 of the largest.</summary>
public sealed class CheckpointTests
{
    private const double Tolerance = 1e-5;

    public static TheoryData<string> Families =>
    [
        "gpt2", "gpt_neox", "llama", "mistral", "qwen2", "qwen3", "olmo2", "gemma2", "gemma3", "bert", "roberta", "minilm", "vit",
    ];

    [Theory]
    [MemberData(nameof(Families))]
    public void Norms_of_every_token_at_every_layer_and_logits_are_those_of_PyTorch(string family)
    {
        Fixture expected = Fixture.Read(family);
        using Checkpoint checkpoint = Checkpoint.Open(Fixture.Folder(family));
        using CheckpointNetwork network = Load(checkpoint, expected);
        Watcher seen = new();
        double loss = network.Observe(expected.Batch(network.Model), seen, backward: false);
        Assert.Equal(expected.Norms.Length, seen.Norms.Count);
        for (int layer = 0; layer < expected.Norms.Length; layer++)
            AssertNear($"norms of layer {layer}", expected.Norms[layer], seen.Norms[layer]);
        Assert.Equal(expected.Logits is null, seen.Logits is null);
        if (expected.Logits is null)
        {
            Assert.Equal(double.NaN, loss);
            return;
        }

        AssertNear("logits", expected.Logits, seen.Logits!);
        Assert.Equal(expected.Loss!.Value, loss, Tolerance);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Gradients_at_every_layer_and_at_every_stored_tensor_are_those_of_PyTorch(string family)
    {
        Fixture expected = Fixture.Read(family);
        if (expected.Gradients is null)
            return;
        using Checkpoint checkpoint = Checkpoint.Open(Fixture.Folder(family));
        using CheckpointNetwork network = Load(checkpoint, expected);
        Watcher seen = new();
        network.Observe(expected.Batch(network.Model), seen);
        AssertNear("gradients of the stream", expected.StreamGradients!, [.. seen.Gradients.Reverse<double>()]);
        // Biases of keys have none: it is what sums as large as a hundredth of the largest gradient leave that is compared.
        double floor = 0.01 * expected.Gradients.Values.Max();
        int compared = 0;
        foreach (TensorPlace place in checkpoint.Plan(network.Model, network.Parameters))
        {
            // Tables carry the gradient of all that reads them and a factor of their own; they are held by those above.
            if (place.Row.As is StoredAs.Rows or StoredAs.Segment)
                continue;
            double square = place.Targets.Sum(target => Square(network.Matrix("gradient." + target.Name)));
            AssertNear(
                place.Tensor.Name, [expected.Gradients[place.Tensor.Name]], [Math.Sqrt(square) * place.Factor], floor);
            compared++;
        }

        Assert.True(compared >= 16, $"only {compared} tensors");
    }

    // Tensors of these files are read at once, those of large ones in pieces: here of some rows each.
    [Theory]
    [MemberData(nameof(Families))]
    public void Weights_that_are_read_in_pieces_are_those_that_are_read_at_once(string family)
    {
        Fixture fixture = Fixture.Read(family);
        using Checkpoint checkpoint = Checkpoint.Open(Fixture.Folder(family));
        using CheckpointFiles files = CheckpointFiles.Open(Fixture.Folder(family));
        using CheckpointNetwork whole = Load(checkpoint, fixture), pieces = new(whole.Model, 1, gradients: false, threads: 1);
        List<TensorPlace> places = checkpoint.Plan(pieces.Model, pieces.Parameters);
        NamedTensor[] targets = [.. places.SelectMany(place => place.Targets).Distinct()];
        foreach (NamedTensor target in targets)
        {
            for (int row = 0; row < pieces.Matrix(target.Name).Rows; row++)
                pieces.Matrix(target.Name).Row(row).Clear();
        }

        foreach (TensorPlace place in places)
            place.Load(files, pieces, entries: 50);
        Assert.All(targets, target =>
        {
            MatrixView<float> expected = whole.Matrix(target.Name), read = pieces.Matrix(target.Name);
            for (int row = 0; row < expected.Rows; row++)
                Assert.Equal(expected.Row(row).ToArray(), read.Row(row).ToArray());
        });
    }

    // The rest of the stored rows would be written over the parameters behind the table; roberta's begin with two that no token has.
    [Theory]
    [InlineData("gpt2", 0)]
    [InlineData("roberta", 2)]
    public void Of_a_table_of_positions_as_many_rows_are_read_as_the_network_has_tokens(string family, int unused)
    {
        const int Few = 3;
        using Checkpoint checkpoint = Checkpoint.Open(Fixture.Folder(family));
        using CheckpointFiles files = CheckpointFiles.Open(Fixture.Folder(family));
        using CheckpointNetwork few = new(checkpoint.Model(Few), 1, gradients: false, threads: 1);
        foreach (NamedTensor tensor in few.Parameters)
        {
            for (int row = 0; row < few.Matrix(tensor.Name).Rows; row++)
                few.Matrix(tensor.Name).Row(row).Fill(7);
        }

        TensorPlace place = Assert.Single(
            checkpoint.Plan(few.Model, few.Parameters),
            found => found is { Row.As: StoredAs.Rows, Targets: [{ Name: "position.embedding" }] });
        float[] stored = new float[place.Tensor.Length];
        files.Read(place.Tensor, 0, stored);
        place.Load(files, few);
        int width = few.Model.Architecture.Width;
        Assert.True(stored.Length > (unused + Few) * width);
        foreach (NamedTensor tensor in few.Parameters)
        {
            for (int row = 0; row < few.Matrix(tensor.Name).Rows; row++)
            {
                ReadOnlySpan<float> read = few.Matrix(tensor.Name).Row(row);
                if (tensor.Name == "position.embedding")
                    Assert.Equal(stored.AsSpan((unused + row) * width, width), read);
                else
                    Assert.True(read.IndexOfAnyExcept(7) < 0, $"{tensor.Name}, row {row}");
            }
        }
    }

    [Fact]
    public void Missing_and_unknown_tensors_are_named()
    {
        using TemporaryFolder folder = new();
        File.Copy(Path.Combine(Fixture.Folder("gpt2"), "model.safetensors"), folder.Path("model.safetensors"));
        File.WriteAllText(
            folder.Path("config.json"),
            File.ReadAllText(Path.Combine(Fixture.Folder("gpt2"), "config.json")).Replace("\"n_layer\": 2", "\"n_layer\": 3"));
        AssertRefused(folder.Root, "tensors are missing: h.2.ln_1.weight, h.2.ln_1.bias", "h.2.mlp.c_proj.bias");
        File.WriteAllText(
            folder.Path("config.json"),
            File.ReadAllText(Path.Combine(Fixture.Folder("gpt2"), "config.json")).Replace("\"n_layer\": 2", "\"n_layer\": 1"));
        AssertRefused(folder.Root, "tensors are unknown: h.1.attn.c_attn.bias, h.1.attn.c_attn.weight");
    }

    [Theory]
    [InlineData("scale_attn_by_inverse_layer_idx", "true", "must be false")]
    [InlineData("add_cross_attention", "true", "must be false")]
    [InlineData("logits_scaling", "2", "must be absent")]
    [InlineData("logit_scale", "2", "must be absent")]
    [InlineData("clip_qkv", "2", "must be absent")]
    public void What_would_compute_something_else_is_refused_by_name(string key, string value, string message)
    {
        using TemporaryFolder folder = new();
        WriteConfig(folder, config => config.Replace("\"hidden_size\"", $"\"{key}\": {value}, \"hidden_size\""));
        Assert.Contains(
            $"{key} {message} for a checkpoint to be run",
            Assert.Throws<InputException>(() => Checkpoint.Open(folder.Root)).Message);
    }

    // An embedding alone is enough to open the folder.
    [Theory]
    [InlineData("MistralForCausalLM", "embed_tokens", true)]
    [InlineData("MistralModel", "embed_tokens", false)]
    [InlineData("MistralModel", "embed_tokens lm_head", true)]
    public void An_untied_head_is_there_where_its_tensor_or_its_class_is(string architecture, string tensors, bool there)
    {
        using TemporaryFolder folder = new();
        WriteConfig(folder, config => config.Replace("MistralForCausalLM", architecture));
        string[] names = [.. tensors.Split(' ').Select(name => name == "lm_head" ? "lm_head.weight" : $"model.{name}.weight")];
        using (HashedWriter file = new(new FileStream(folder.Path("model.safetensors"), FileMode.CreateNew)))
        {
            SafetensorsWriter.Write(
                file.Write, [.. names.Select(name => new NamedTensor(name, [29, 16]))], new Dictionary<string, string>(), (_, _, _) => { });
        }

        using Checkpoint checkpoint = Checkpoint.Open(folder.Root);
        Assert.Equal(there, checkpoint.HasHead);
    }

    [Fact]
    public void A_family_whose_checkpoints_are_not_read_is_refused_by_name()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(
            folder.Path("config.json"),
            """
            { "model_type": "opt", "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "ffn_dim": 32, "vocab_size": 9 }
            """);
        InputException error = Assert.Throws<InputException>(() => Checkpoint.Open(folder.Root));
        Assert.Contains("model_type 'opt' are not read; legal: gpt2, gpt_neox, llama", error.Message);
    }

    [Fact]
    public void A_part_without_what_the_index_says_is_refused()
    {
        using TemporaryFolder folder = new();
        foreach (string file in Directory.GetFiles(Fixture.Folder("mistral")))
            File.Copy(file, folder.Path(Path.GetFileName(file)));
        string index = folder.Path(CheckpointFiles.Index);
        File.WriteAllText(index, File.ReadAllText(index).Replace("\"model.norm.weight\"", "\"model.norm.gone\""));
        Assert.Contains("model.norm", Assert.Throws<InputException>(() => Checkpoint.Open(folder.Root)).Message);
    }

    [Fact]
    public void Pixels_are_independent_and_of_unit_variance()
    {
        const int count = 10_000;
        float[] one = PatchTable.Draw(1, 0, count), two = PatchTable.Draw(1, 1, count);
        Assert.Equal(one, PatchTable.Draw(1, 0, count));
        // five standard errors: 1/√n of means and of correlations, √(2/n) of variances
        double error = 5 / Math.Sqrt(count);
        Assert.InRange(one.Average(), -error, error);
        Assert.InRange(one.Average(x => (double)x * x), 1 - Math.Sqrt(2) * error, 1 + Math.Sqrt(2) * error);
        Assert.InRange(one.Zip(two, (x, y) => (double)x * y).Average(), -error, error);
    }

    private static void WriteConfig(TemporaryFolder folder, Func<string, string> changed) => File.WriteAllText(
        folder.Path("config.json"), changed(File.ReadAllText(Path.Combine(Fixture.Folder("mistral"), "config.json"))));

    private static void AssertRefused(string folder, params string[] words)
    {
        using Checkpoint checkpoint = Checkpoint.Open(folder);
        using CheckpointNetwork network = new(checkpoint.Model(8), 1, false, 1);
        InputException error = Assert.Throws<InputException>(() => checkpoint.Load(network));
        Assert.All(words, word => Assert.Contains(word, error.Message));
    }

    private static CheckpointNetwork Load(Checkpoint checkpoint, Fixture expected)
    {
        CheckpointNetwork network = new(checkpoint.Model(expected.Ids[0].Length), expected.Ids.Length, gradients: true, threads: 2);
        checkpoint.Load(network, patch => expected.Pixels[patch]);
        return network;
    }

    private static void AssertNear(string what, IReadOnlyList<double> expected, IReadOnlyList<double> actual, double floor = 0)
    {
        Assert.Equal(expected.Count, actual.Count);
        double scale = Math.Max(floor, expected.Max(Math.Abs));
        for (int i = 0; i < expected.Count; i++)
        {
            double error = Math.Abs(actual[i] - expected[i]);
            Assert.True(error <= Tolerance * scale, $"{what}, entry {i}: expected {expected[i]:R}, got {actual[i]:R}, largest {scale:R}");
        }
    }

    private static double Square(MatrixView<float> matrix)
    {
        double square = 0;
        for (int i = 0; i < matrix.Rows; i++)
        {
            foreach (float x in matrix.Row(i))
                square += (double)x * x;
        }

        return square;
    }

    private sealed class Watcher : IPassObserver<float>
    {
        public List<double[]> Norms { get; } = [];

        public List<double> Gradients { get; } = [];

        public double[]? Logits { get; private set; }

        public void Stream(int layer, MatrixView<float> stream)
        {
            double[] norms = new double[stream.Rows];
            for (int i = 0; i < norms.Length; i++)
                norms[i] = Square(stream.Slice(i, 0, 1, stream.Columns)) / stream.Columns;
            Norms.Add(norms);
        }

        void IPassObserver<float>.Logits(MatrixView<float> logits)
        {
            List<double> all = [];
            for (int i = 0; i < logits.Rows; i++)
            {
                foreach (float x in logits.Row(i))
                    all.Add(x);
            }

            Logits = [.. all];
        }

        public void Gradient(int layer, MatrixView<float> gradient) => Gradients.Add(Math.Sqrt(Square(gradient)));
    }
}
