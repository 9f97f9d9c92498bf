using Hybrid.Architectures;
using Hybrid.Import.Checkpoints;
using Hybrid.Import.Json;
using Hybrid.Lab.Tests;
using Hybrid.Networks.Linear;
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
        Assert.Equal(family, CheckpointWriter.Write(record, path, null, Vocabulary, tied: false, seed: 3, threads: 1));
        using Checkpoint checkpoint = Checkpoint.Open(path);
        using CheckpointNetwork read = new(checkpoint.Model(record.Tokens), 1, false, 1);
        checkpoint.Load(read);
        using CheckpointNetwork drawn = new(read.Model with { Architecture = record }, 1, false, 1);
        drawn.Draw(3);
        // Output weights carry a = 1/2; where positions are turned token vectors are √2 larger, exact but for one rounding each.
        bool learned = family == "gpt2";
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

    [Fact]
    public void What_no_family_builds_is_refused_and_a_checkpoint_is_not_written_over()
    {
        using TemporaryFolder folder = new();
        InputException post = Assert.Throws<InputException>(() => CheckpointWriter.Write(
            Record("gpt2").With(norm: Placement.Post), folder.Path("a"), null, Vocabulary, false, 1, 1));
        Assert.Contains("is no network of a family that is written", post.Message);
        Assert.False(Directory.Exists(folder.Path("a")));
        InputException gated = Assert.Throws<InputException>(() => CheckpointWriter.Write(
            Record("llama"), folder.Path("a"), "gpt2", Vocabulary, false, 1, 1));
        Assert.Contains("is no network of gpt2", gated.Message);
        CheckpointWriter.Write(Record("gpt2"), folder.Path("a"), null, Vocabulary, false, 1, 1);
        Assert.Contains("holds a checkpoint already", Assert.Throws<InputException>(() => CheckpointWriter.Write(
            Record("gpt2"), folder.Path("a"), null, Vocabulary, false, 1, 1)).Message);
    }

    private static Architecture Record(string family)
    {
        Schedule one = Schedule.NewConstant(1), half = Schedule.NewConstant(0.5);
        bool gated = family is not ("gpt2" or "gpt_neox");
        HeadParameters head = new(
            family == "qwen3" ? FSharpOption<int>.Some(6) : null,
            gated ? FSharpOption<int>.Some(2) : null,
            family == "gpt2" ? Positions.None : Positions.NewRope(10000, family == "gpt_neox" ? 0.5 : 1),
            family switch { "qwen3" => QueryKeyNorm.Head, "olmo2" => QueryKeyNorm.All, _ => QueryKeyNorm.None },
            one,
            null,
            null);
        return ArchitectureModule.Defaults.With(
            name: family,
            tokens: 8,
            depth: 2,
            width: 16,
            heads: 4,
            mlpWidth: 24,
            activation: gated ? Activation.Silu : Activation.Gelu,
            gated: gated,
            norm: family == "olmo2" ? Placement.Output : Placement.Pre,
            wiring: family == "gpt_neox" ? Wiring.Parallel : Wiring.Sequential,
            mask: family == "mistral" ? Mask.NewWindow(5) : Mask.Causal,
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
}
