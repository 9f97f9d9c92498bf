using Hybrid.Architectures;
using Hybrid.Drawing;
using Hybrid.Theory;

namespace Hybrid.Cli.Verbs;

/// <summary>What stands at every place of every block at initialisation, and what attention's rows look like.</summary>
internal static class ModuleTables
{
    /// <summary>Places in the order in which a token passes them.</summary>
    public static readonly (string Name, Func<ModuleScales, double> Value)[] Places =
    [
        ("stream", scales => scales.Stream),
        ("queries, keys", scales => scales.Query),
        ("values", scales => scales.Value),
        ("logits", scales => scales.Logit),
        ("heads' output", scales => scales.Heads),
        ("attention out", scales => scales.Attention),
        ("MLP before φ", scales => scales.PreActivation),
        ("hidden units", scales => scales.Hidden),
        ("MLP out", scales => scales.Mlp),
        ("stream after", scales => scales.Output),
    ];

    /// <summary>A row a block, with what its stream and modules hold.</summary>
    public static ReportTable Scales(ModuleScales[] modules) => new(
        "standard deviation of the activations of every module (root of the mean square per coordinate): the stream that enters the "
        + "block; what attention and MLP put out, before a norm behind them and "
        + "their branch weight; W_Q and W_K, W_V and W_O with equal entries",
        ["<block", .. Places.Select(place => place.Name)],
        [.. modules.Select(scales => (IReadOnlyList<string>)
            [Numbers.Integer(scales.Layer), .. Places.Select(place => Numbers.Significant(place.Value(scales), 3))])]);

    /// <summary>A row a block: how many tokens a row of attention sees, and its entropy, beside what uniform rows have.</summary>
    public static ReportTable Attention(Architecture architecture, ModuleScales[] modules)
    {
        double most = Uniform(architecture, count => 1.0 / count), entropy = Uniform(architecture, count => Math.Log(count));
        List<IReadOnlyList<string>> rows = [.. modules.Select(scales => (IReadOnlyList<string>)
        [
            Numbers.Integer(scales.Layer),
            Numbers.Significant(scales.Logit, 3),
            Numbers.Significant(scales.Participation, 4),
            Numbers.Significant(Math.Log(scales.Participation), 4),
            Numbers.Significant(scales.Entropy, 4),
        ])];
        double[] uniform = [1 / most, -Math.Log(most), entropy];
        rows.Add(["uniform", "0", .. uniform.Select(value => Numbers.Significant(value, 4))]);
        return new(
            "attention: tokens that a row attends to, 1/S1 with S1 the mean of Σ A²; its log; the mean entropy −Σ A ln A in nats"
            + (architecture.Mask.LooksAhead ? "" : ", over positions, of which the first sees itself alone")
            + (architecture.Attention.Head.Sink is null ? "" : "; of what a sink leaves to tokens")
            + "; logits before a cap or a bias of position",
            ["<block", "logits' std", "tokens attended", "log", "entropy"],
            rows);
    }

    /// <summary>A mean over layers and rows of a function of how many tokens the row may see.</summary>
    private static double Uniform(Architecture architecture, Func<int, double> value) =>
        Enumerable.Range(1, architecture.Depth).Select(architecture.Mask.At).GroupBy(mask => mask).Sum(layers => layers.Count()
            * Enumerable.Range(0, architecture.Tokens).Average(row => value(Seen(layers.Key, row, architecture.Tokens))))
        / architecture.Depth;

    private static int Seen(Mask mask, int row, int tokens) => Enumerable.Range(0, tokens).Count(column => mask.Allows(row, column));
}
