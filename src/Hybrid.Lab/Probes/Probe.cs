using System.Diagnostics;
using System.Globalization;
using Hybrid.Architectures;
using Hybrid.Import.Checkpoints;
using Hybrid.Import.Json;
using Hybrid.Lab.Statistics;
using Hybrid.Networks.Measurements;
using Hybrid.Networks.Tangents;
using Hybrid.Networks.Training;

namespace Hybrid.Lab.Probes;

/// <summary>Measures one trained network.</summary>
public static class Probe
{
    /// <summary>Runs the plan on a network.</summary>
    /// <param name="subject">The network; the caller's.</param>
    /// <param name="folder">Where it lies, for its tokenizer.</param>
    /// <param name="plan">What is measured.</param>
    /// <param name="record">The record of the theory: the subject's own, with what the user changed.</param>
    /// <param name="progress">Told what is being done.</param>
    /// <param name="cancellation">Stops between stages, and within the long ones between blocks and matrices.</param>
    /// <exception cref="InputException">The folder or the input cannot be used.</exception>
    public static ProbeResult Run(
        IProbeSubject subject, string folder, ProbePlan plan, Architecture record, Action<string> progress, CancellationToken cancellation)
    {
        long start = Stopwatch.GetTimestamp();
        List<string> notes = [.. subject.Notes];
        ProbeInput input = Input(subject, folder, plan, notes);
        ModelOptions model = subject.Model(input.Batch.Tokens);
        progress("loading");
        bool gradients = !plan.Quick && subject.HasHead;
        using IMeasuredNetwork network = plan.Engine.Create(model, input.Batch.Sequences, gradients, plan.Threads);
        subject.Load(network, plan.Seed);
        cancellation.ThrowIfCancellationRequested();
        progress("measuring");
        ProbeMeter meter = new(model.Architecture, input);
        double loss = network.Observe(input.Batch, meter, gradients);
        EnsureFinite(subject, meter);
        cancellation.ThrowIfCancellationRequested();
        IReadOnlyDictionary<string, double>? norms = null;
        if (!plan.Quick)
        {
            progress("operator norms");
            norms = ProbeWeights.OperatorNorms(network, plan.Threads, cancellation);
        }

        ProbeBounds? bounds = ProbeBounds.Of(network, meter.Boundaries[0].LargestNorm, norms is null ? null : name => norms[name]);
        ProbeWeight[][] weights = ProbeWeights.Of(network, gradients, norms);
        (ExponentEstimate[][] Forward, ExponentEstimate[][] Backward) exponents = ([], []);
        if (plan.Exponents > 0)
        {
            progress("exponents");
            int most = (int)Math.Min(plan.Exponents, (long)model.Architecture.Tokens * model.Architecture.Width);
            exponents = network.Exponents(input.Batch, most, plan.Seed, cancellation);
        }

        progress("theory");
        ProbeTheory theory = ProbeTheory.Of(record, meter.Input[0], input.Counted.AsSpan(0, input.Batch.Tokens), plan.Seed);
        (int first, int last) = Layers(plan, model.Architecture.Depth);
        return new(
            subject.Name,
            subject.Description,
            subject.Step,
            model.Architecture,
            input,
            loss,
            meter.Boundaries,
            meter.Attention,
            meter.Mlp,
            meter.Heads,
            weights,
            first,
            last,
            last - first + 1 < GrowthComparison.LeastPoints
                ? null
                : GrowthComparison.OfNorms(layer => meter.Boundaries[layer].Norm, first, last),
            OverIndependent(model.Architecture, meter, first, last),
            theory,
            bounds,
            exponents.Forward,
            exponents.Backward,
            notes,
            Stopwatch.GetElapsedTime(start).TotalSeconds);
    }

    private static ProbeInput Input(IProbeSubject subject, string folder, ProbePlan plan, List<string> notes)
    {
        if (plan.Tokens > subject.Context)
            throw new InputException($"--tokens must be at most {subject.Context}, the context of '{subject.Name}', got {plan.Tokens}");
        if (subject.FixedTokens && plan.Tokens is int asked && asked != subject.Context)
            throw new InputException($"--tokens must be {subject.Context} for '{subject.Name}', whose positions are learned, got {asked}");
        int tokens = subject.FixedTokens ? subject.Context : plan.Tokens ?? Math.Min(ProbeInput.UsualTokens, subject.Context);
        if (subject.SeesImages)
            return Images(subject, plan, tokens, notes);
        if (plan.Ids is string ids)
            return ProbeInput.OfFile(subject, ids, tokens, plan.Sequences);
        string? reason = null;
        if (plan.Text is string text)
        {
            CheckpointTokenizer tokenizer = CheckpointTokenizer.Find(folder, subject.Vocabulary, out reason)
                ?? throw new InputException($"--text {text}: {reason}; give --ids FILE with token numbers");
            return ProbeInput.OfText(subject, tokenizer, text, tokens, plan.Sequences);
        }

        ProbeInput random = ProbeInput.Random(subject, tokens, plan.Sequences, plan.Seed);
        if (subject is CheckpointSubject)
            notes.Add("random tokens are not what it was trained on: give --text FILE or --ids FILE for its behaviour on text");
        return random;
    }

    private static ProbeInput Images(IProbeSubject subject, ProbePlan plan, int tokens, List<string> notes)
    {
        if ((plan.Text ?? plan.Ids) is string file)
        {
            throw new InputException(
                $"{(plan.Text is null ? "--ids" : "--text")} {file}: '{subject.Name}' sees images; it is probed with random pixels");
        }

        notes.Add("random pixels, independent and of unit variance, are not what it was trained on: its behaviour on images is another");
        return ProbeInput.Images(subject, tokens, plan.Sequences, plan.Seed);
    }

    private static void EnsureFinite(IProbeSubject subject, ProbeMeter meter)
    {
        for (int layer = 0; layer < meter.Boundaries.Count; layer++)
        {
            if (!double.IsFinite(meter.Boundaries[layer].Q))
            {
                throw new InputException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"'{subject.Name}': the stream is not finite after layer {layer}; its weights are broken"));
            }
        }
    }

    // The first block often, and the last block mostly, is not like those between.
    private static (int First, int Last) Layers(ProbePlan plan, int depth)
    {
        if (plan.Layers is (int first, int last))
        {
            return first >= 0 && last <= depth && first < last
                ? (Math.Max(1, first), last)
                : throw new InputException($"--layers must be A-B with 0 ≤ A < B ≤ {depth}, got {first}-{last}");
        }

        return depth >= 8 ? (2, depth - 1) : (Math.Min(1, depth - 1), depth);
    }

    private static double OverIndependent(Architecture architecture, ProbeMeter meter, int first, int last)
    {
        if (architecture.Norm.OnSum)
            return double.NaN;
        double independent = 0;
        for (int block = first + 1; block <= last; block++)
        {
            double attention = architecture.Attention.Branch.At(block), mlp = architecture.Mlp.Branch.At(block);
            double added = attention * attention * meter.Attention[block - 1].Q + mlp * mlp * meter.Mlp[block - 1].Q;
            independent += Math.Log(1 + added / meter.Boundaries[block - 1].Q);
        }

        return Math.Log(meter.Boundaries[last].Q / meter.Boundaries[first].Q) / independent;
    }
}
