using System.Globalization;
using System.Text.Json;
using Hybrid.Import.HuggingFace;
using Xunit;

namespace Hybrid.Import.Tests.HuggingFace;

/// <summary>Frequencies of rope_scaling by hand: 8 pairs, base 10⁴, a context of 64 tokens, all four times slower where they are.</summary>
public class RotaryScalingTests
{
    private const int Pairs = 8;

    private const double Base = 10000;

    // What is left of the speed of each pair. YaRN's ramp goes from the floor of 8 log(64/2πf)/log 10⁴ to the ceiling of that of s: of
    // f = 32 and s = 1 from −0.99 (then 0) to 2.02, of f = 4 and s = 2 from 0.81 to 1.41, of f = 2.5 and s = 0.5 from 1.22 to 2.62.
    [Theory]
    [InlineData("\"type\": \"yarn\", \"factor\": 4", "1 0.75 0.5 0.25 0.25 0.25 0.25 0.25")]
    [InlineData("\"type\": \"yarn\", \"factor\": 4, \"beta_slow\": 2", "1 0.625 0.25 0.25 0.25 0.25 0.25 0.25")]
    [InlineData("\"type\": \"yarn\", \"factor\": 4, \"beta_fast\": 2.5, \"beta_slow\": 0.5", "1 1 0.625 0.25 0.25 0.25 0.25 0.25")]
    [InlineData("\"type\": \"yarn\", \"factor\": 4, \"beta_fast\": 4, \"beta_slow\": 2, \"truncate\": false",
        "1 0.765655 0.25 0.25 0.25 0.25 0.25 0.25")]
    // a ramp that ends behind the last coordinate ends at it, 15
    [InlineData("\"type\": \"yarn\", \"factor\": 4, \"beta_slow\": 1e-9", "1 0.95 0.9 0.85 0.8 0.75 0.7 0.65")]
    // one that begins where it ends is a step
    [InlineData("\"type\": \"yarn\", \"factor\": 4, \"beta_fast\": 2, \"beta_slow\": 2, \"truncate\": false",
        "1 1 0.25 0.25 0.25 0.25 0.25 0.25")]
    // turns within the context are 10.19 · 10^(−f/2): 10.19, 3.22, 1.02, 0.32, …
    [InlineData("\"type\": \"llama3\", \"factor\": 4", "1 0.805267 0.254648 0.25 0.25 0.25 0.25 0.25")]
    [InlineData("\"type\": \"llama3\", \"factor\": 4, \"low_freq_factor\": 2", "1 0.707901 0.25 0.25 0.25 0.25 0.25 0.25")]
    [InlineData("\"type\": \"llama3\", \"factor\": 4, \"high_freq_factor\": 2", "1 1 0.263944 0.25 0.25 0.25 0.25 0.25")]
    [InlineData("\"type\": \"linear\", \"factor\": 4", "0.25 0.25 0.25 0.25 0.25 0.25 0.25 0.25")]
    [InlineData("\"type\": \"longrope\", \"factor\": 4, \"short_factor\": [1, 2, 4, 5, 8, 10, 20, 50]",
        "1 0.5 0.25 0.2 0.125 0.1 0.05 0.02")]
    [InlineData("\"type\": \"su\", \"factor\": 4", "1 1 1 1 1 1 1 1")]
    public void Every_pair_turns_as_fast_as_the_familys_code_has_it(string keys, string kept)
    {
        RotaryScaling scaling = Read(keys, "\"max_position_embeddings\": 64")!;
        double[] frequencies = scaling.Frequencies(Base, Pairs);
        double[] expected = [.. kept.Split(' ').Select(part => double.Parse(part, CultureInfo.InvariantCulture))];
        Assert.Equal(Pairs, frequencies.Length);
        for (int pair = 0; pair < Pairs; pair++)
        {
            // six digits are given
            Assert.Equal(expected[pair], frequencies[pair] / Math.Pow(Base, -pair / 8.0), 1e-6);
        }
    }

    // 0.1 m log 4 + 1 of m = 1, 2 and 0.5: 1.138629, 1.277259, 1.069315; √(1 + log 4/log 64) = √(4/3).
    [Theory]
    [InlineData("\"type\": \"yarn\", \"factor\": 4", 1.138629, 1)]
    [InlineData("\"type\": \"yarn\", \"factor\": 1", 1, 1)]
    [InlineData("\"type\": \"yarn\", \"factor\": 4, \"attention_factor\": 3", 3, 1)]
    [InlineData("\"type\": \"yarn\", \"factor\": 4, \"mscale\": 2", 1.138629, 1)]
    [InlineData("\"type\": \"yarn\", \"factor\": 4, \"mscale\": 2, \"mscale_all_dim\": 0.5", 1.277259 / 1.069315, 1.069315 * 1.069315)]
    [InlineData("\"type\": \"yarn\", \"factor\": 4, \"mscale_all_dim\": 2", 1.138629, 1.277259 * 1.277259)]
    [InlineData("\"type\": \"yarn\", \"factor\": 4, \"mscale\": 2, \"mscale_all_dim\": 0", 1.138629, 1)]
    [InlineData("\"type\": \"yarn\", \"factor\": 4, \"mscale\": 0, \"mscale_all_dim\": 2", 1.138629, 1.277259 * 1.277259)]
    [InlineData("\"type\": \"longrope\", \"factor\": 4", 1.154701, 1)]
    [InlineData("\"type\": \"longrope\", \"factor\": 1", 1, 1)]
    [InlineData("\"type\": \"longrope\"", 1, 1)]
    [InlineData("\"type\": \"longrope\", \"factor\": 4, \"attention_factor\": 3", 3, 1)]
    [InlineData("\"type\": \"llama3\", \"factor\": 4", 1, 1)]
    [InlineData("\"type\": \"linear\", \"factor\": 4", 1, 1)]
    public void Turned_queries_and_keys_are_multiplied_by_what_the_familys_code_multiplies_them_by(string keys, double turn, double logits)
    {
        RotaryScaling scaling = Read(keys, "\"max_position_embeddings\": 64")!;
        Assert.Equal(turn, scaling.TurnFactor, 2e-6);
        Assert.Equal(logits, scaling.LogitFactor, 4e-6);
    }

    // A context of 64 from wherever it is given, the nearest first; longrope's factor is that of both contexts before its own.
    [Theory]
    [InlineData("\"type\": \"yarn\", \"factor\": 4, \"original_max_position_embeddings\": 64", "\"max_position_embeddings\": 5", 0.75)]
    [InlineData("\"type\": \"yarn\", \"factor\": 4", "\"original_max_position_embeddings\": 64, \"max_position_embeddings\": 5", 0.75)]
    [InlineData("\"rope_type\": \"yarn\", \"factor\": 4", "\"max_position_embeddings\": 64", 0.75)]
    [InlineData("\"type\": \"yarn\", \"factor\": 4", "\"max_position_embeddings\": 640", 1)]
    public void The_context_is_the_scalings_own_or_else_the_files(string keys, string around, double second) =>
        Assert.Equal(second, Read(keys, around)!.Frequencies(Base, Pairs)[1] * Math.Pow(Base, 1 / 8.0), 1e-12);

    [Fact]
    public void The_factor_of_longrope_is_that_of_its_two_contexts()
    {
        const string Both = "\"original_max_position_embeddings\": 64, \"max_position_embeddings\": 256";
        Assert.Equal(Math.Sqrt(4 / 3.0), Read("\"type\": \"longrope\", \"factor\": 100", Both)!.TurnFactor, 1e-15);
        const string Own = "\"type\": \"longrope\", \"original_max_position_embeddings\": 64";
        Assert.Equal(Math.Sqrt(4 / 3.0), Read(Own, "\"max_position_embeddings\": 256")!.TurnFactor, 1e-15);
    }

    // |cos n − cos(n/4)| comes the nearer to 2 the more n there are.
    [Fact]
    public void The_change_among_more_tokens_than_are_predicted_is_that_of_the_first_ones()
    {
        RotaryScaling scaling = Read("\"type\": \"linear\", \"factor\": 4", "\"max_position_embeddings\": 64")!;
        Assert.Equal(scaling.Effect(Base, 1, 65536), scaling.Effect(Base, 1, 16777216));
        Assert.NotEqual(scaling.Effect(Base, 1, 65536), scaling.Effect(Base, 1, 1024));
    }

    [Theory]
    [InlineData("\"type\": \"default\"")]
    [InlineData("\"type\": \"mrope\"")]
    [InlineData("\"rope_type\": \"dynamic\", \"factor\": 2")]
    [InlineData("\"type\": \"ntk\", \"factor\": 2")]
    [InlineData("\"factor\": 2")]
    public void What_changes_nothing_within_the_context_is_none(string keys) => Assert.Null(Read(keys, "\"max_position_embeddings\": 64"));

    private static RotaryScaling? Read(string keys, string around)
    {
        using JsonDocument document = JsonDocument.Parse($"{{{around}, \"rope_scaling\": {{{keys}}}}}");
        ConfigReader config = new(document.RootElement.Clone(), "config.json");
        return RotaryScaling.Read(config.Object("rope_scaling"), config);
    }
}
