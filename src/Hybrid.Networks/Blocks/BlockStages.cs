using System.Numerics;
using Hybrid.Architectures;
using Hybrid.Networks.Blocks.Activations;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Model;

namespace Hybrid.Networks.Blocks;

/// <summary>
/// The stages of every block between its products with weights, on one buffer of activations: what a network does whatever
/// its weights are, or whether they exist.
/// </summary>
internal sealed unsafe class BlockStages<T> : IDisposable
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly Architecture architecture;
    private readonly MatrixProduct<T> product;
    private readonly ActivationPlan plan;
    private readonly ActivationKernels<T> kernels;
    private readonly NativeBuffer<T> activations;
    private readonly BlockSublayer[][] sublayers;
    private readonly RotaryPositions<T> positions;
    private readonly bool gainsLearn;
    private readonly NativeBuffer<int>? choices;
    private readonly int choiceLength;

    // Elements from one block's context, and from one block's A, to the next block's.
    private readonly long contextLength, attendedLength;

    /// <summary>Plans one sequence of a legal architecture, for gradients at the stream; the product stays the caller's.</summary>
    internal BlockStages(Architecture architecture, MatrixProduct<T> product)
        : this(architecture, 1, KeptActivations.ForStream, product)
    {
    }

    /// <summary>Plans <paramref name="sequences"/> sequences of a legal architecture; the product stays the caller's.</summary>
    internal BlockStages(
        Architecture architecture, int sequences, KeptActivations kept, MatrixProduct<T> product, RotaryStretch? stretch = null)
    {
        this.architecture = architecture;
        this.product = product;
        gainsLearn = kept != KeptActivations.ForStream;
        kernels = kept == KeptActivations.ForStream
            ? ActivationKernels<T>.Of(architecture.Activation)
            : ActivationKernels<T>.InOwnPrecision(architecture.Activation);
        plan = new ActivationPlan(architecture, sequences, kept);
        sublayers = [.. Enumerable.Range(1, architecture.Depth).Select(layer => BlockSublayer.Of(architecture, layer))];
        contextLength = kept.LearnParameters() ? plan.BlockLength : 0;
        attendedLength = plan.AttendsAgain ? 0 : plan.BlockLength;
        activations = new NativeBuffer<T>(
            plan.Length,
            $"activations of {(sequences == 1 ? "" : $"{sequences} times ")}{architecture.Tokens} tokens in {architecture.Depth} "
            + $"blocks of width {architecture.Width}, MLP width {architecture.MlpWidth}");
        choiceLength = ChoiceLength(architecture, plan);
        if (choiceLength > 0)
            choices = new NativeBuffer<int>((Int128)choiceLength * architecture.Depth, "the choices of the routers");
        positions = new RotaryPositions<T>(architecture, stretch);
        Stream = plan.Stream.In(activations);
        Gradient = plan.Gradient.In(activations);
    }

    /// <summary>x: [R, d], the residual stream where the forward pass stands.</summary>
    internal MatrixView<T> Stream { get; }

    /// <summary>G: [R, d], the loss gradient where the backward pass stands.</summary>
    internal MatrixView<T> Gradient { get; }

    /// <summary>[R, d], where the input of block <paramref name="layer"/> is kept, if inputs are.</summary>
    internal MatrixView<T> BlockInput(int layer) => plan.BlockInput.In(activations, (layer - 1) * plan.BlockInputLength);

    /// <summary>
    /// A of block <paramref name="layer"/>, 1..depth, after its forward pass: [B H n, n]. Where A is formed again on the way back, until
    /// the next block's.
    /// </summary>
    internal ReadOnlySpan<T> Probabilities(int layer)
    {
        MatrixView<T> probabilities = ProbabilityRows(layer);
        return new ReadOnlySpan<T>(probabilities.Data, checked(probabilities.Rows * probabilities.Columns));
    }

    /// <summary>The same as rows: [B H n, n].</summary>
    internal MatrixView<T> ProbabilityRows(int layer) => Attended(plan.Probabilities, layer);

    /// <summary>The sublayers of block <paramref name="layer"/>, first to last.</summary>
    internal ReadOnlySpan<BlockSublayer> Sublayers(int layer) => sublayers[layer - 1];

    /// <summary>Where a sublayer of block <paramref name="layer"/> meets the stream, with the gains that there are: [1, d] each.</summary>
    internal Placement<T> Placed(
        int layer,
        BlockSublayer sublayer,
        MatrixView<T> inputGain = default,
        MatrixView<T> branchGain = default,
        MatrixView<T> sumGain = default)
    {
        SublayerSlots slots = plan.Sublayer(sublayer.Module);
        return new()
        {
            Norm = sublayer.Placement,
            Normalisation = Normalisation.Of(architecture, layer, gainsLearn),
            Skip = T.CreateChecked(sublayer.Skip),
            Weight = T.CreateChecked(sublayer.Weight),
            Turn = sublayer.Turn,
            Stream = Stream,
            Partial = plan.Partial.In(activations),
            Branch = plan.Branch.In(activations),
            BranchGradient = plan.BranchGradient.In(activations),
            InputGradient = plan.InputGradient.In(activations),
            Input = inputGain.Rows > 0 ? plan.GainedInput.In(activations) : Kept(slots.Input, layer),
            NormalisedInput = Kept(slots.Input, layer),
            InputScale = Kept(slots.InputScale, layer),
            NormalisedBranch = Kept(slots.NormalisedBranch, layer),
            BranchScale = Kept(slots.BranchScale, layer),
            GainedBranch = plan.GainedBranch.In(activations),
            NormalisedSum = Kept(slots.NormalisedSum, layer),
            SumScale = Kept(slots.SumScale, layer),
            InputGain = inputGain,
            BranchGain = branchGain,
            SumGain = sumGain,
            InputGainSums = plan.InputGainSums.In(activations),
            BranchGainSums = plan.BranchGainSums.In(activations),
            SumGainSums = plan.SumGainSums.In(activations),
        };
    }

    /// <summary>Attention of block <paramref name="layer"/> between its products with weights.</summary>
    internal AttentionHeads<T> Heads(int layer) => AttentionHeads<T>.Of(architecture, layer, gainsLearn) with
    {
        Buffers = product.Buffers,
        Query = Kept(plan.Query, layer),
        Key = Kept(plan.Key, layer),
        Value = Kept(plan.Value, layer),
        Again = plan.AttendsAgain,
        Probabilities = ProbabilityRows(layer),
        Capped = Attended(plan.Capped, layer),
        LogitGradient = plan.LogitGradient.In(activations),
        Context = plan.Context.In(activations, (layer - 1) * contextLength),
        QueryGradient = plan.QueryGradient.In(activations),
        KeyGradient = plan.KeyGradient.In(activations),
        ValueGradient = plan.ValueGradient.In(activations),
    };

    /// <summary>
    /// What queries and keys of block <paramref name="layer"/> go through before their product, with the gains that there are,
    /// [1, coordinates that are normalised together] each, and norms as a form has them.
    /// </summary>
    internal QueryKeyStages<T> QueriesAndKeys(
        int layer, MatrixView<T> queryGain = default, MatrixView<T> keyGain = default, ModelForm? form = null) => new()
        {
            QueryNorm = HeadNormalisation(layer, GainPlace.Query, queryGain, form),
            KeyNorm = HeadNormalisation(layer, GainPlace.Key, keyGain, form),
            Turn = positions.Turn(layer),
        };

    /// <summary>The hidden layer of block <paramref name="layer"/>'s MLP; bias: [1, m].</summary>
    internal HiddenLayer<T> Hidden(int layer, MatrixView<T> bias) => new()
    {
        Kernels = kernels,
        Gated = architecture.Gated,
        Bias = bias,
        PreActivation = Kept(plan.PreActivation, layer),
        Up = Kept(plan.Up, layer),
        Hidden = plan.Hidden.In(activations),
        Gradient = plan.HiddenGradient.In(activations),
        UpGradient = plan.UpGradient.In(activations),
        BiasSums = plan.BiasSums.In(activations),
    };

    /// <summary>
    /// What surrounds the experts of block <paramref name="layer"/>; null where it has one MLP. Input and output are the caller's.
    /// </summary>
    internal ExpertRouting<T>? Routing(int layer)
    {
        if (architecture.Mlp.Experts?.Value is not { } experts || layer <= experts.Dense)
            return null;
        int* chosen = choices!.Pointer + (long)(layer - 1) * choiceLength;
        int chosenLength = plan.RouterLogits.Rows * experts.Active;
        return ExpertRouting<T>.Of(experts) with
        {
            Logits = Kept(plan.RouterLogits, layer),
            Seen = Kept(plan.ExpertInput, layer),
            Made = Kept(plan.ExpertOutput, layer),
            SeenGradient = plan.ExpertInputGradient.In(activations),
            MadeGradient = plan.ExpertOutputGradient.In(activations),
            LogitGradient = plan.RouterGradient.In(activations),
            Chosen = chosen,
            Places = chosen + chosenLength,
            Starts = chosen + 2 * chosenLength,
        };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        activations.Dispose();
        choices?.Dispose();
        positions.Dispose();
    }

    // Of a block's router: every token's experts, their places, and every expert's first row.
    private static int ChoiceLength(Architecture architecture, ActivationPlan plan) =>
        architecture.Mlp.Experts?.Value is { } experts ? 2 * plan.RouterLogits.Rows * experts.Active + experts.Count + 1 : 0;

    // Null where queries and keys are not normalised.
    private HeadNormalisation<T>? HeadNormalisation(int layer, GainPlace place, MatrixView<T> gain, ModelForm? form)
    {
        if (architecture.Attention.Head.QueryKeyNorm.IsNone)
            return null;
        (Slot normalised, Slot scale, Slot sums) = place == GainPlace.Query
            ? (plan.NormalisedQuery, plan.QueryScale, plan.QueryGainSums)
            : (plan.NormalisedKey, plan.KeyScale, plan.KeyGainSums);
        int width = normalised.Columns / scale.Columns;
        return new()
        {
            Width = width,
            Norm = new Normalisation(width).Under(form),
            Normalised = Kept(normalised, layer),
            Scale = Kept(scale, layer),
            Gain = gain,
            GainSums = sums.In(activations),
        };
    }

    private MatrixView<T> Attended(Slot slot, int layer) => slot.In(activations, (layer - 1) * attendedLength);

    private MatrixView<T> Kept(Slot slot, int layer) => slot.In(activations, (layer - 1) * plan.BlockLength);
}
