using System.Globalization;
using Hybrid.Cli.Output;
using Hybrid.Cli.Shared;
using Hybrid.Drawing;
using Hybrid.Lab.Probes;
using Hybrid.Lab.Statistics;

namespace Hybrid.Cli.Verbs;

/// <summary>What hybrid probe prints, sentences first; the tables of its page too.</summary>
internal static class ProbeTables
{
    private static readonly string[] Grouped = ["attention.", "mlp."];

    public static void Write(
        Terminal terminal, IReadOnlyList<ProbeResult> shown, IReadOnlyList<ProbeResult> course, RunHeader header, bool table)
    {
        foreach (ProbeResult result in shown)
        {
            foreach (string sentence in Sentences(result))
                terminal.Out.WriteLine(sentence);
        }

        terminal.Out.WriteLine();
        header.Write(terminal.Out);
        foreach (ProbeResult result in shown)
        {
            terminal.Out.WriteLine(RunHeader.Describe(result.Blocks));
            terminal.Out.WriteLine(Input(result));
            foreach (string note in result.Notes)
                terminal.Out.WriteLine($"note: {note}");
        }

        terminal.Out.WriteLine();
        if (shown.Count > 1)
            TextTable.Write(terminal, Comparison(shown));
        if (course.Count > 1)
            TextTable.Write(terminal, Course(course));
        foreach (ProbeResult result in shown)
        {
            if (result.Growth is not null)
                TextTable.Write(terminal, Fits(result));
            if (!table)
                continue;
            foreach (ReportTable each in Layers(result))
                TextTable.Write(terminal, each);
        }
    }

    /// <summary>The verdict, a sentence each.</summary>
    public static IEnumerable<string> Sentences(ProbeResult result)
    {
        yield return ProbeVerdict.Growth(result);
        yield return ProbeVerdict.Theory(result);
        if (ProbeVerdict.Independence(result) is string independence)
            yield return independence;
        IReadOnlyList<(int Layer, string Why)> odd = ProbeVerdict.Odd(result);
        yield return odd.Count == 0
            ? "No layer is odd."
            : $"Odd layers: {string.Join("; ", odd.Select(item => $"{Numbers.Integer(item.Layer)} ({item.Why})"))}.";
        if (ProbeVerdict.Bound(result) is string bound)
            yield return bound;
    }

    /// <summary>What it was probed with, and the loss.</summary>
    public static string Input(ProbeResult result) => string.Create(
        CultureInfo.InvariantCulture,
        $"{result.Description}; {result.Input.Batch.Sequences} × {result.Input.Batch.Tokens} tokens, {result.Input.Description}; ")
        + (double.IsFinite(result.Loss)
            ? $"loss {Numbers.Significant(result.Loss)} nats, of {result.Input.Loss}"
            : $"loss {result.Input.Loss}");

    /// <summary>Every form of growth over the fitted layers.</summary>
    public static ReportTable Fits(ProbeResult result) => new(
        string.Create(CultureInfo.InvariantCulture, $"√q over layers {result.First} to {result.Last} of '{result.Name}'"),
        ["<form", "first coefficient", "second", "relative misfit", "information criterion over the least"],
        [
            .. GrowthComparison.Forms.Select(form => (IReadOnlyList<string>)
            [
                form switch
                {
                    GrowthForm.Exponential => "α exp(β ℓ)",
                    GrowthForm.Linear => "α + β ℓ",
                    _ => "α ℓ^β",
                },
                Numbers.Significant(result.Growth!.Fit(form).Coefficients[0], 4),
                Numbers.Significant(result.Growth.Fit(form).Coefficients[1], 4),
                Numbers.Percent(result.Growth.Fit(form).Residual),
                Numbers.Significant(result.Growth.Behind(form) - result.Growth.Behind(result.Growth.Best), 3),
            ]),
        ]);

    /// <summary>Two networks side by side.</summary>
    public static ReportTable Comparison(IReadOnlyList<ProbeResult> shown) => new(
        "side by side",
        ["<quantity", .. shown.Select(result => result.Name)],
        [
            .. Quantities.Select(quantity => (IReadOnlyList<string>)
                [quantity.Name, .. shown.Select(result => Numbers.Significant(quantity.Value(result), 4))]),
        ]);

    /// <summary>The course of training: one row a step.</summary>
    public static ReportTable Course(IReadOnlyList<ProbeResult> course) => new(
        "the course of training",
        ["step", .. Quantities.Select(quantity => quantity.Name)],
        [
            .. course.Select(result => (IReadOnlyList<string>)
            [
                result.Step is int step ? Numbers.Integer(step) : "–",
                .. Quantities.Select(quantity => Numbers.Significant(quantity.Value(result), 4)),
            ]),
        ]);

    /// <summary>Stream, branches and attention, weights, exponents.</summary>
    public static IEnumerable<ReportTable> Layers(ProbeResult result)
    {
        yield return Stream(result);
        yield return Branches(result);
        if (result.Weights.Skip(1).Any(block => block.Length > 0))
            yield return Weights(result);
        if (result.Exponents.Length > 0)
            yield return Exponents(result);
    }

    private static IReadOnlyList<(string Name, Func<ProbeResult, double> Value)> Quantities { get; } =
    [
        ("loss", result => result.Loss),
        ("growth, % a layer", result => result.Growth?.Percent ?? double.NaN),
        ("exponential by", result => result.Growth?.Margin ?? double.NaN),
        ("√q after the last layer", result => result.Boundaries[^1].Norm),
        ("1 − ρ there", result => result.Boundaries[^1].U),
        ("cos(x, branch)", result => result.Correlation),
        ("log growth / independent", result => result.OverIndependent),
        ("largest / median", result => result.Boundaries.Max(boundary => boundary.Massive)),
        ("share of the bound", result => result.Filled),
    ];

    private static ReportTable Stream(ProbeResult result) => new(
        $"the stream of '{result.Name}' after each layer, position 0 apart",
        [
            "layer", "√q", "theory", "position 0", "1 − ρ", "theory", "coordinate var", "token var", "effective rank", "largest/median",
            "gradient", "‖x‖max/bound",
        ],
        [
            .. Enumerable.Range(0, result.Depth + 1).Select(layer =>
            {
                ProbeBoundary boundary = result.Boundaries[layer];
                return (IReadOnlyList<string>)
                [
                    Numbers.Integer(layer),
                    Short(boundary.Norm),
                    Short(result.Theory.IsThere ? Math.Sqrt(result.Theory.Q[layer]) : double.NaN),
                    Short(Math.Sqrt(boundary.FirstQ)),
                    Short(boundary.U),
                    Short(result.Theory.IsThere ? result.Theory.U[layer] : double.NaN),
                    Short(boundary.CoordinateVariance),
                    Short(boundary.TokenVariance),
                    Short(boundary.EffectiveRank),
                    Short(boundary.Massive),
                    Short(boundary.Gradient),
                    Short(result.Bounds is null ? double.NaN : result.Filling(layer)),
                ];
            }),
        ]);

    private static ReportTable Branches(ProbeResult result) => new(
        $"branches and attention of '{result.Name}'",
        [
            "block", "√q attention", "cos(x, attention)", "√q MLP", "cos(x, MLP)", "entropy", "largest", "tokens seen", "on position 0",
        ],
        [
            .. Enumerable.Range(1, result.Depth).Select(block => (IReadOnlyList<string>)
            [
                Numbers.Integer(block),
                Short(Math.Sqrt(result.Attention[block - 1].Q)),
                Short(result.Attention[block - 1].Correlation),
                Short(Math.Sqrt(result.Mlp[block - 1].Q)),
                Short(result.Mlp[block - 1].Correlation),
                Short(result.Heads[block - 1].Entropy),
                Short(result.Heads[block - 1].Allowed),
                Short(result.Heads[block - 1].Participation),
                Short(result.Heads[block - 1].OnFirst),
            ]),
        ]);

    // Matrices: root mean square entry, gradient, operator norm; vectors are in the JSON.
    private static ReportTable Weights(ProbeResult result)
    {
        string[] names =
        [
            .. result.Weights[1].Select(weight => weight.Name)
                .Where(name => Array.Exists(Grouped, group => name.StartsWith(group, StringComparison.Ordinal))
                    && name.Split('.') is [_, "query" or "key" or "value" or "out" or "in" or "up"]),
        ];
        return new(
            $"operator norm of '{result.Name}''s matrices and, behind the stroke, norm of the gradient",
            ["block", .. names],
            [
                .. Enumerable.Range(1, result.Depth).Select(block => (IReadOnlyList<string>)
                [
                    Numbers.Integer(block),
                    .. names.Select(name => result.Weights[block].FirstOrDefault(weight => weight.Name == name) is ProbeWeight weight
                        ? $"{Short(weight.OperatorNorm)} / {Short(weight.Gradient)}"
                        : "–"),
                ]),
            ]);
    }

    private static ReportTable Exponents(ProbeResult result)
    {
        string[] names =
            [.. Enumerable.Range(1, result.Exponents[0].Length).Select(k => string.Create(CultureInfo.InvariantCulture, $"λ_{k}"))];
        return new(
            $"leading Lyapunov exponents of '{result.Name}' by block, forwards and backwards",
            ["block", .. names, .. names.Select(name => $"{name} back")],
            [
                .. Enumerable.Range(1, result.Depth).Select(block => (IReadOnlyList<string>)
                [
                    Numbers.Integer(block),
                    .. result.Exponents[block - 1].Concat(result.BackwardExponents[block - 1]).Select(exponent => Short(exponent.Mean)),
                ]),
            ]);
    }

    private static string Short(double value) => Numbers.Significant(value, 3);
}
