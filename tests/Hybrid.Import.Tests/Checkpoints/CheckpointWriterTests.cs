using System.Text.Json;
using System.Text.Json.Nodes;
using Hybrid.Architectures;
using Hybrid.Import.Checkpoints;
using Hybrid.Import.Files;
using Hybrid.Import.HuggingFace;
using Hybrid.Import.Json;
using Hybrid.Lab.Tests;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Model;
using Hybrid.Networks.Training;
using Microsoft.FSharp.Core;
using Xunit;

namespace Hybrid.Import.Tests.Checkpoints;

public sealed class CheckpointWriterTests
{
    private const int Vocabulary = 23;

    public static TheoryData<string> Families => [.. CheckpointWriter.ModelTypes];

    [Theory]
    [MemberData(nameof(Families))]
    public void A_fresh_network_is_read_back_as_it_was_drawn(string family)
    {
        using TemporaryFolder folder = new();
        Architecture record = Record(family);
        string path = folder.Path("fresh");
        // These are blocks of an earlier family too, and are written only where they are asked for.
        string? asked = family is "qwen2" or "roberta" ? family : null;
        Assert.Equal(family, CheckpointWriter.Write(record, path, asked, Vocabulary, tied: false, seed: 3, threads: 1));
        using Checkpoint checkpoint = Checkpoint.Open(path);
        using CheckpointNetwork read = new(checkpoint.Model(record.Tokens), 1, false, 1);
        checkpoint.Load(read);
        using CheckpointNetwork drawn = new(read.Model with { Architecture = record }, 1, false, 1);
        drawn.Draw(3);
        // Output weights carry a = 1/2; where positions are turned token vectors are √2 larger, exact but for one rounding each.
        bool learned = family is "gpt2" or "bert" or "roberta";
        Assert.Equal(learned && family != "gpt2", read.Model.Tied);
        string[] halved = record.Norm.OnBranch ? ["attention.gain.out", "mlp.gain.out"] : ["attention.out", "mlp.out"];
        foreach (NamedTensor tensor in read.Parameters)
        {
            bool half = Array.Exists(halved, name => tensor.Name.EndsWith(name, StringComparison.Ordinal));
            double factor = half ? 0.5 : learned ? 1 : tensor.Name switch
            {
                "token.embedding" => Math.Sqrt(2),
                "position.embedding" => 0,
                _ => 1,
            };
            AssertEqual(tensor.Name, drawn.Matrix(tensor.Name), factor, read.Matrix(tensor.Name));
        }
    }

    // Whoever reads the file knows the family by the class alone, is told all that it would have to assume, and nothing that is not read.
    [Theory]
    [MemberData(nameof(Families))]
    public void A_written_configuration_names_its_class_and_leaves_nothing_to_assume(string family)
    {
        JsonObject json = FamilyConfig.Of(family, Record(family), Vocabulary, tied: false);
        string name = (string)Assert.Single(json["architectures"]!.AsArray())!;
        Assert.Equal(family, Hybrid.Import.HuggingFace.Families.Find(null, [name])!.ModelType);
        Assert.EndsWith(family switch { "gpt2" => "LMHeadModel", "bert" or "roberta" => "ForMaskedLM", _ => "ForCausalLM" }, name);
        Assert.Equal(
            ("float32", Vocabulary, false), ((string)json["torch_dtype"]!, (int)json["vocab_size"]!, (bool)json["tie_word_embeddings"]!));
        using JsonDocument document = JsonDocument.Parse(json.ToJsonString());
        LoadedArchitecture read = HuggingFaceConfig.Import(document.RootElement, "config.json", null);
        Assert.Empty(read.Import!.IgnoredKeys);
        Assert.DoesNotContain(read.Import.Notes, note => note.Contains("is missing"));
        Architecture record = Record(family);
        // σ_w = 1 by weights of standard deviation 1/√d, and tables of positions that begin at 2 are longer by 2
        Assert.Equal(1, read.Architecture.Mlp.InStd, 1e-15);
        Assert.Equal(record.Tokens + (family == "roberta" ? 2 : 0), read.Import.Context);
        Assert.Equal(record.Activation, read.Architecture.Activation);
        CheckpointConfig config = CheckpointConfig.Parse(document.RootElement, "config.json");
        Assert.Equal(
            family switch { "bert" or "roberta" => 1e-12, "gpt2" or "gpt_neox" => 1e-5, _ => 1e-6 },
            config.Form(HeadKind.None, false).Epsilon);
    }

    [Fact]
    public void What_no_family_builds_is_refused_and_a_checkpoint_is_not_written_over()
    {
        using TemporaryFolder folder = new();
        InputException peri = Assert.Throws<InputException>(() => CheckpointWriter.Write(
            Record("gpt2").With(norm: Placement.Peri), folder.Path("a"), null, Vocabulary, false, 1, 1));
        Assert.Contains("is no network of a family that is written", peri.Message);
        Assert.False(Directory.Exists(folder.Path("a")));
        InputException gated = Assert.Throws<InputException>(() => CheckpointWriter.Write(
            Record("llama"), folder.Path("a"), "gpt2", Vocabulary, false, 1, 1));
        Assert.Contains("is no network of gpt2", gated.Message);
        CheckpointWriter.Write(Record("gpt2"), folder.Path("a"), null, Vocabulary, false, 1, 1);
        Assert.Contains("holds a checkpoint already", Assert.Throws<InputException>(() => CheckpointWriter.Write(
            Record("gpt2"), folder.Path("a"), null, Vocabulary, false, 1, 1)).Message);
    }

    [Fact]
    public void An_export_that_ended_before_its_weights_is_done_again_and_no_other_configuration_is_written_over()
    {
        using TemporaryFolder folder = new();
        string path = folder.Path("a"), config = folder.Path("a/config.json"), weights = folder.Path("a/model.safetensors");
        Write();
        (byte[] written, string text) = (File.ReadAllBytes(weights), File.ReadAllText(config));
        File.Delete(weights);
        Write();
        Assert.Equal(written, File.ReadAllBytes(weights));
        File.Delete(weights);
        File.WriteAllText(config, text + "\n");
        Assert.Contains("holds a checkpoint already", Assert.Throws<InputException>(Write).Message);
        Assert.Equal(text + "\n", File.ReadAllText(config));

        void Write() => CheckpointWriter.Write(Record("gpt2"), path, null, Vocabulary, false, 1, 1);
    }

    // Both before any work is done and again where it is written.
    [Fact]
    public void A_file_in_the_folders_place_and_a_checkpoint_that_appears_meanwhile_are_refused()
    {
        using TemporaryFolder folder = new();
        string file = folder.Write("file", "mine"), path = folder.Path("a");
        Assert.Contains("must be a folder, got a file", Assert.Throws<InputException>(() => Write(file)).Message);
        Assert.Equal("mine", File.ReadAllText(file));
        FileCalls.Replace(new Meanwhile());
        Assert.Contains("holds a checkpoint already", Assert.Throws<InputException>(() => Write(path)).Message);
        FileCalls.Replace(null);
        Assert.Equal([folder.Path("a/other.safetensors")], Directory.GetFiles(path));

        static void Write(string to) => CheckpointWriter.Write(Record("gpt2"), to, null, Vocabulary, false, 1, 1);
    }

    [Fact]
    public void What_a_fresh_encoder_predicts_is_a_masked_token_through_a_map_that_was_drawn()
    {
        using TemporaryFolder folder = new();
        CheckpointWriter.Write(Record("bert"), folder.Path("fresh"), null, Vocabulary, tied: false, seed: 3, threads: 1);
        using Checkpoint checkpoint = Checkpoint.Open(folder.Path("fresh"));
        Assert.True(checkpoint.HasHead);
        using CheckpointNetwork read = new(checkpoint.Model(8), 1, false, 1);
        checkpoint.Load(read);
        MatrixView<float> map = read.Matrix("head.transform");
        double square = Enumerable.Range(0, map.Rows).Sum(row => map.Row(row).ToArray().Sum(x => (double)x * x));

        // Variance 1/d of d² entries: their sum has mean d and deviation √2; six of these.
        Assert.InRange(square, map.Rows - 6 * Math.Sqrt(2), map.Rows + 6 * Math.Sqrt(2));
    }

    [Fact]
    public void A_Gemma_without_windows_and_with_one_base_is_read_back_as_such()
    {
        using TemporaryFolder folder = new();
        Architecture record = Record("gemma3_text");
        record = record.With(
            mask: Mask.Causal,
            attention: record.Attention.With(head: new HeadParameters(
                record.Attention.Head.Width, record.Attention.Head.KeyValueHeads, Positions.NewRope(10000, 1), QueryKeyNorm.Head,
                Schedule.NewConstant(1), null, null)));
        string path = folder.Path("fresh");
        Assert.Equal("gemma3_text", CheckpointWriter.Write(record, path, null, Vocabulary, tied: true, seed: 3, threads: 1));
        using Checkpoint checkpoint = Checkpoint.Open(path);
        Assert.Equal(Mask.Causal, checkpoint.Model(record.Tokens).Architecture.Mask);
        Assert.Equal(Positions.NewRope(10000, 1), checkpoint.Model(record.Tokens).Architecture.Attention.Head.Positions);
    }

    private static Architecture Record(string family)
    {
        Schedule one = Schedule.NewConstant(1), half = Schedule.NewConstant(0.5);
        bool encoder = family is "bert" or "roberta", gemma = family is "gemma2" or "gemma3_text";
        bool gated = !encoder && family is not ("gpt2" or "gpt_neox");
        HeadParameters head = new(
            family is "qwen3" or "gemma3_text" ? FSharpOption<int>.Some(6) : null,
            gated ? FSharpOption<int>.Some(2) : null,
            family switch
            {
                "gpt2" or "bert" or "roberta" => Positions.None,
                "gemma3_text" => Positions.NewPerLayer([Positions.NewRope(10000, 1), Positions.NewRope(1e6, 1)]),
                _ => Positions.NewRope(10000, family == "gpt_neox" ? 0.5 : 1),
            },
            family switch { "qwen3" or "gemma3_text" => QueryKeyNorm.Head, "olmo2" => QueryKeyNorm.All, _ => QueryKeyNorm.None },
            one,
            family == "gemma2" ? FSharpOption<double>.Some(20) : null,
            null);
        return ArchitectureModule.Defaults.With(
            name: family,
            tokens: 8,
            depth: 2,
            width: 16,
            heads: 4,
            mlpWidth: 24,
            activation: gemma ? Activation.GeluTanh : gated ? Activation.Silu : Activation.Gelu,
            gated: gated,
            norm: encoder ? Placement.Post : gemma ? Placement.Peri : family == "olmo2" ? Placement.Output : Placement.Pre,
            wiring: family == "gpt_neox" ? Wiring.Parallel : Wiring.Sequential,
            mask: encoder ? Mask.None
                : gemma ? Mask.NewPerLayer([Mask.NewWindow(5), Mask.Causal])
                : family == "mistral" ? Mask.NewWindow(5) : Mask.Causal,
            attention: AttentionParameters.Of(one, half, 1, 1).With(head: head),
            mlp: MlpParameters.Of(one, half, 1, gated ? 0 : 0.5, 1));
    }

    private static void AssertEqual(string name, MatrixView<float> expected, double factor, MatrixView<float> actual)
    {
        for (int i = 0; i < expected.Rows; i++)
        {
            for (int k = 0; k < expected.Columns; k++)
            {
                (float wanted, float got) = ((float)(expected.Row(i)[k] * factor), actual.Row(i)[k]);
                Assert.True(wanted == got, $"{name} [{i}, {k}]: expected {wanted}, got {got}");
            }
        }
    }

    /// <summary>Another process that exports into every folder as soon as it is made.</summary>
    private sealed class Meanwhile : FileCalls
    {
        public override void MakeFolder(string path)
        {
            base.MakeFolder(path);
            File.WriteAllText(Path.Combine(path, "other.safetensors"), "");
        }
    }
}
