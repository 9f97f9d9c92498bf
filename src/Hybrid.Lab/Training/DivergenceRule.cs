using System.Globalization;

namespace Hybrid.Lab.Training;

/// <summary>
/// When a run counts as diverged: its loss or its gradient is not finite, or its loss was above <see cref="Factor"/>
/// · max(first loss, ln V) in each of the last <see cref="Patience"/> steps. A network that knows nothing loses ln
/// V; one that stays far above for so long has lost its scale, while a spike that heals is no divergence.
/// </summary>
public sealed class DivergenceRule(int vocabulary)
{
    /// <summary>Losses above this multiple of the start count.</summary>
    public const double Factor = 2;

    /// <summary>So many of them in a row are a divergence.</summary>
    public const int Patience = 16;

    private double _limit = double.NaN;
    private int _above;

    /// <summary>Takes the next step; says why the run has diverged with it, or null. The state before training and a lost line
    /// say nothing.</summary>
    public string? Observe(LogEntry entry)
    {
        if (entry.Loss is not double loss)
            return null;
        if (!double.IsFinite(loss))
            return "the loss is not finite";
        if (!double.IsFinite(entry.GradientNorm!.Value))
            return "the gradient is not finite";
        if (double.IsNaN(_limit))
            _limit = Factor * Math.Max(loss, Math.Log(vocabulary));
        _above = loss > _limit ? _above + 1 : 0;
        return _above < Patience
            ? null
            : string.Create(
                CultureInfo.InvariantCulture,
                $"the loss was above {_limit:0.###}, {Factor} · max(first loss, ln {vocabulary}), for {Patience} steps");
    }
}
