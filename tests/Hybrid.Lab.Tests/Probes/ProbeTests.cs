using System.Globalization;
using Hybrid.Import.Json;
using Hybrid.Import.Tests.Checkpoints;
using Hybrid.Lab.Probes;
using Xunit;

namespace Hybrid.Lab.Tests.Probes;

/// <summary>What a probe measures of checkpoints whose norms and gradients PyTorch gave.</summary>
public sealed class ProbeTests
{
    private const double Tolerance = 1e-5;

    private static readonly ProbePlan Plan = new(null, 4, null, null, null, 0, false, 1, 1);

    [Fact]
    public void Norms_are_those_of_every_token_but_the_first_and_the_first_stands_apart()
    {
        Fixture fixture = Fixture.Read("llama");
        ProbeResult result = Run("llama", [.. fixture.Ids.Select(row => row)], Plan);
        for (int layer = 0; layer < fixture.Norms.Length; layer++)
        {
            Assert.Equal(Mean(fixture, layer, (place, _) => place > 0), result.Boundaries[layer].Q, Tolerance);
            Assert.Equal(Mean(fixture, layer, (place, _) => place == 0), result.Boundaries[layer].FirstQ, Tolerance);
            Assert.Equal(fixture.StreamGradients![layer], result.Boundaries[layer].Gradient, Tolerance);
        }

        Assert.Equal(fixture.Loss!.Value, result.Loss, Tolerance);
    }

    // What comes behind a token changes nothing of it under a causal mask: the shorter sequence's norms are the longer one's first.
    [Fact]
    public void What_fills_a_shorter_sequence_up_is_not_measured()
    {
        Fixture fixture = Fixture.Read("llama");
        ProbeResult result = Run("llama", [fixture.Ids[0], fixture.Ids[1][..5]], Plan);
        for (int layer = 0; layer < fixture.Norms.Length; layer++)
        {
            double expected = Mean(fixture, layer, (place, sequence) => place > 0 && (sequence == 0 || place < 5));
            Assert.Equal(expected, result.Boundaries[layer].Q, Tolerance);
        }
    }

    [Fact]
    public void Weights_have_the_gradients_of_PyTorch_and_matrices_an_operator_norm_between_their_others()
    {
        Fixture fixture = Fixture.Read("gpt2");
        ProbeResult result = Run("gpt2", fixture.Ids, Plan);
        ProbeWeight matrix = result.Weights[2].Single(weight => weight.Name == "mlp.in");
        double gradient = fixture.Gradients!["h.1.mlp.c_fc.weight"];
        Assert.Equal(gradient, matrix.Gradient, Tolerance * gradient);
        // ‖W‖_F/√rank ≤ ‖W‖ ≤ ‖W‖_F.
        double frobenius = matrix.Size * Math.Sqrt(16 * 64);
        Assert.InRange(matrix.OperatorNorm, frobenius / 4, frobenius);
        Assert.Contains(result.Weights[1], weight => weight.Name == "attention.query.bias");
        Assert.Contains(result.Weights[0], weight => weight.Name == "final.shift");
    }

    [Fact]
    public void A_quick_probe_leaves_out_what_costs_a_pass_back_and_says_the_rest_alike()
    {
        Fixture fixture = Fixture.Read("llama");
        ProbeResult whole = Run("llama", fixture.Ids, Plan), quick = Run("llama", fixture.Ids, Plan with { Quick = true });
        Assert.Equal(whole.Boundaries.Select(boundary => boundary.Q), quick.Boundaries.Select(boundary => boundary.Q));
        Assert.True(double.IsNaN(quick.Boundaries[0].Gradient) && quick.Bounds is null);
        Assert.Equal(whole.Loss, quick.Loss);
    }

    [Fact]
    public void A_network_without_a_head_has_norms_and_no_loss()
    {
        Fixture fixture = Fixture.Read("minilm");
        ProbeResult result = Run("minilm", fixture.Ids, Plan);
        Assert.True(double.IsNaN(result.Loss));
        Assert.Equal(Mean(fixture, 2, (place, _) => place > 0), result.Boundaries[2].Q, Tolerance);
    }

    [Fact]
    public void A_network_that_sees_images_has_the_class_first_and_every_patch_once_and_takes_no_tokens()
    {
        ProbeResult first = Images(seed: 1), again = Images(seed: 1), other = Images(seed: 2);
        Assert.All(Enumerable.Range(0, 4), sequence =>
        {
            int[] inputs = first.Input.Batch.Inputs[(10 * sequence)..(10 * (sequence + 1))];
            Assert.Equal(0, inputs[0]);
            Assert.Equal(Enumerable.Range(0, 10), inputs.Order());
        });
        Assert.True(double.IsNaN(first.Loss));
        Assert.Equal(first.Boundaries.Select(boundary => boundary.Q), again.Boundaries.Select(boundary => boundary.Q));
        Assert.NotEqual(first.Boundaries[0].Q, other.Boundaries[0].Q);
        Assert.Contains("'vit' sees images", Assert.Throws<InputException>(() => Run("vit", [[0, 1]], Plan)).Message);

        static ProbeResult Images(ulong seed)
        {
            using IProbeSubject subject = Assert.Single(ProbeFolders.Open(Fixture.Folder("vit")))();
            return Probe.Run(subject, "", Plan with { Seed = seed }, subject.Record, _ => { }, default);
        }
    }

    [Fact]
    public void Attention_spreads_over_as_many_tokens_as_it_may_see_at_most()
    {
        ProbeResult result = Run("mistral", Fixture.Read("mistral").Ids, Plan);
        // Tokens 1..7 of a window of 5 see 2, 3, 4, 5, 5, 5, 5.
        Assert.Equal((Math.Log(2) + Math.Log(3) + Math.Log(4) + 4 * Math.Log(5)) / 7, result.Heads[0].Allowed, 1e-12);
        Assert.All(result.Heads, heads => Assert.InRange(heads.Entropy, 0, heads.Allowed));
        Assert.All(result.Heads, heads => Assert.InRange(heads.Participation, 1, 29.0 / 7));
    }

    [Fact]
    public void Exponents_are_those_of_so_many_tangents_in_every_block()
    {
        ProbeResult result = Run("bert", Fixture.Read("bert").Ids, Plan with { Exponents = 3 });
        Assert.Equal(2, result.Exponents.Length);
        Assert.All(result.Exponents, block => Assert.Equal(3, block.Length));
        // Three leading directions grow in their order, on average over the depth.
        double[] sums = [.. Enumerable.Range(0, 3).Select(k => result.Exponents.Sum(block => block[k].Mean))];
        Assert.True(sums[0] > sums[2], string.Join(' ', sums));
    }

    // By its definition: log growth of q over the fitted layers, over that of branches which stand at right angles to the stream.
    [Theory]
    [InlineData("llama", true)]
    [InlineData("gpt_neox", true)]
    [InlineData("bert", false)]
    public void Growth_is_held_against_that_of_independent_branches_where_sums_are_not_normalised(string family, bool there)
    {
        ProbeResult result = Run(family, Fixture.Read(family).Ids, Plan with { Layers = (1, 2), Quick = true });
        double q = result.Boundaries[1].Q, independent = Math.Log((q + result.Attention[1].Q + result.Mlp[1].Q) / q);
        Assert.Equal(there ? Math.Log(result.Boundaries[2].Q / q) / independent : double.NaN, result.OverIndependent, 1e-12);
    }

    [Fact]
    public void A_probe_can_be_cancelled_where_it_takes_operator_norms()
    {
        using IProbeSubject subject = Assert.Single(ProbeFolders.Open(Fixture.Folder("llama")))();
        using CancellationTokenSource stop = new();
        Assert.ThrowsAny<OperationCanceledException>(() => Probe.Run(
            subject, "", Plan with { Tokens = 8 }, subject.Record, Stop, stop.Token));

        void Stop(string stage)
        {
            if (stage == "operator norms")
                stop.Cancel();
        }
    }

    [Fact]
    public void A_folder_of_steps_is_read_in_the_order_of_training()
    {
        using TemporaryFolder folder = new();
        foreach (string step in (string[])["step1000", "step64", "step8"])
        {
            Directory.CreateDirectory(folder.Path(step));
            foreach (string file in Directory.GetFiles(Fixture.Folder("llama")))
                File.Copy(file, Path.Combine(folder.Path(step), Path.GetFileName(file)));
        }

        List<int?> steps = [];
        foreach (Func<IProbeSubject> open in ProbeFolders.Open(folder.Root))
        {
            using IProbeSubject subject = open();
            steps.Add(subject.Step);
        }

        Assert.Equal([8, 64, 1000], steps);
    }

    [Fact]
    public void Input_that_does_not_fit_is_refused_with_what_would()
    {
        Assert.Contains(
            "tokens from 0 to 28, got '29'", Assert.Throws<InputException>(() => Run("llama", [[1, 29]], Plan)).Message);
        Assert.Contains("must all have 8 tokens", Assert.Throws<InputException>(
            () => Run("bert", [Fixture.Read("bert").Ids[0], [1, 2]], Plan)).Message);
        Assert.Contains("at most 64", Assert.Throws<InputException>(() => Run("llama", [[1, 2]], Plan with { Tokens = 65 })).Message);
        ProbePlan deep = Plan with { Layers = (1, 3) };
        Assert.Contains("0 ≤ A < B ≤ 2", Assert.Throws<InputException>(() => Run("llama", [[1, 2]], deep)).Message);
    }

    internal static ProbeResult Run(string family, IEnumerable<int[]> ids, ProbePlan plan)
    {
        using TemporaryFolder folder = new();
        string file = folder.Path("ids.txt");
        File.WriteAllLines(file, ids.Select(row => string.Join(' ', row.Select(id => id.ToString(CultureInfo.InvariantCulture)))));
        string path = Fixture.Folder(family);
        using IProbeSubject subject = Assert.Single(ProbeFolders.Open(path))();
        return Probe.Run(subject, path, plan with { Ids = file }, subject.Record, _ => { }, default);
    }

    private static double Mean(Fixture fixture, int layer, Func<int, int, bool> counts)
    {
        int tokens = fixture.Ids[0].Length;
        return fixture.Norms[layer].Where((_, row) => counts(row % tokens, row / tokens)).Average();
    }
}
