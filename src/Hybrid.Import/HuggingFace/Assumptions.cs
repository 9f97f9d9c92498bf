using System.Globalization;
using Hybrid.Architectures;

namespace Hybrid.Import.HuggingFace;

/// <summary>What was read into the record, in words: the input, the weights, the residual scaling.</summary>
internal static class Assumptions
{
    /// <summary>Below this q₀ the first block of unit branches is not like the others.</summary>
    private const double SmallInput = 0.1;

    public static void Add(NoteList notes, Family family, ModelDescription model, Architecture record, ResidualScaling scaling)
    {
        notes.Add(
            NoteRank.Read,
            $"all weights N(0, {model.WeightStd:G4}²), biases 0, normalisation gains 1, so σ_A = {record.Attention.LogitStd:G4}, "
            + $"σ_V = {record.Attention.ValueStd:G4}, σ_w = {record.Mlp.InStd:G4}, σ_v = {record.Mlp.OutStd:G4}");
        notes.Add(
            NoteRank.Read,
            $"input of distinct tokens, {Input(family, model)}: q₀ = {record.Input.Norm:G4}, ρ₀ = {record.Input.Correlation:G4}");
        if (record.Input.Norm < SmallInput)
        {
            notes.Add(
                NoteRank.Read,
                $"embeddings this small make the first block unlike the others: it raises the squared norm by orders of magnitude and the "
                + $"gradient about as much; --set input.norm=1 shows the depth without it");
        }

        notes.Add(NoteRank.Read, $"{Scaling(model, scaling)}");
        if (model.Experts?.Value is ExpertDescription experts)
            notes.Add(NoteRank.Read, $"{Experts(model, experts, record)}");
        if (record.Heads != model.Heads)
        {
            notes.Add(
                NoteRank.Approximated,
                $"heads = {record.Heads}, the largest divisor of the width below {model.Heads}: no expectation depends on them");
        }

        if (family.Remark is not null)
            notes.Add(NoteRank.Read, $"{family.Remark}");
    }

    private static string Experts(ModelDescription model, ExpertDescription experts, Architecture record)
    {
        double routerStd = record.Mlp.Experts?.Value.RouterStd ?? 0;
        string dense = experts.Dense == 0 ? "in every layer"
            : Line($"behind {experts.Dense} layers with one MLP of {model.MlpWidth}, whose W_2 is wider: ")
                + Line($"mlp.branch is {record.Mlp.Branch.At(1) / record.Mlp.Branch.At(record.Depth):G4} times as large there");
        string shared = experts.SharedWidth == 0 ? "" : Line($", one of {experts.SharedWidth} that all see");
        string scale = experts.Scale == 1 ? "" : Line($", gates times {experts.Scale:G4}");
        return Line($"{experts.Active} of {experts.Count} experts of {experts.Width} hidden units{shared}{scale}, {dense}; ")
            + Line($"the router's logits have standard deviation σ_r = {routerStd:G4}");
    }

    private static string Input(Family family, ModelDescription model) => model.Embedding switch
    {
        { IsTokens: true } => family.EmbeddingTimesRootWidth ? "token vectors times √d" : "token vectors alone",
        { IsTokensAndPositions: true } => "token and position vectors",
        Embedding.NormalisedSum { own: 1, shared: 0 } => "normalised token vectors",
        Embedding.NormalisedSum { shared: 0 } => "normalised sum of token and position",
        Embedding.NormalisedSum { own: 1 } => "normalised sum of token and the segment that all share, with no position vectors",
        Embedding.NormalisedSum => "normalised sum of token, position and the segment that all share",
        _ => "patches of independent pixels of unit variance (real patches "
            + "resemble each other: --set input.correlation=R) and position vectors",
    };

    private static string Scaling(ModelDescription model, ResidualScaling scaling)
    {
        double depth = 1 / Math.Sqrt(2.0 * model.Depth);
        if (scaling == ResidualScaling.None)
        {
            return "residual scaling none: W_O and W_2 are drawn as every other weight; if your code scales them by "
                + Line($"1/√(2L) = {depth:G4}, give --residual-scaling depth, ")
                    + "and do not count it twice by setting attention.branch or mlp.branch too";
        }

        return model.Norm.OnBranch
            ? Line(
                $"residual scaling depth: 1/√(2L) = {depth:G4} is in attention.valueStd and mlp.outStd, where the norm after each branch ")
                + "takes it out again: it changes no signal"
            : Line($"residual scaling depth: W_O and W_2 carry 1/√(2L) = {depth:G4}, ")
                + "as attention.branch and mlp.branch; do not count it twice: "
                + "if initializer_range includes it or your code does not scale, give --residual-scaling none";
    }

    private static string Line(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
