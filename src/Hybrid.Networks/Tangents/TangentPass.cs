using Hybrid.Architectures;
using Hybrid.Networks.Blocks;
using Hybrid.Networks.Blocks.Activations;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Model;

namespace Hybrid.Networks.Tangents;

/// <summary>
/// Jacobian–vector products carried along with a network's forward pass: infinitesimal changes of its tokens, several at a
/// time. They are further inputs of the same weights, so the network's matrices are asked again, conditioned on what they
/// answered to the tokens. Row a·n + i of a buffer belongs to tangent a and token i.
/// </summary>
internal sealed unsafe class TangentPass : IDisposable
{
    private readonly ConditionedNetwork network;
    private readonly ActivationKernels<double> kernels;
    private readonly int tangents, n, d, m;
    private readonly NativeBuffer<double> memory;
    private readonly MatrixView<double> input, query, key, value, context, branch, partial, logits, pre, up, hidden;
    private readonly long coefficients;
    private long length;

    /// <summary>Plans for so many tangents of a network that was planned for tokens · (1 + tangents) vectors per matrix.</summary>
    internal TangentPass(ConditionedNetwork network, int tangents)
    {
        this.network = network;
        this.tangents = tangents;
        (n, d, m) = (network.Architecture.Tokens, network.Architecture.Width, network.Architecture.MlpWidth);
        kernels = ActivationKernels<double>.Of(network.Architecture.Activation);
        int rows = tangents * n;
        memory = new NativeBuffer<double>(Length(network.Architecture, tangents), $"{tangents} tangents of {n} tokens");
        Tangents = Take(rows, d);
        input = Take(rows, d);
        query = Take(rows, d);
        key = Take(rows, d);
        value = Take(rows, d);
        context = Take(rows, d);
        branch = Take(rows, d);
        partial = Take(rows, d);
        logits = Take(network.Architecture.Heads * n, n);
        pre = Take(rows, m);
        up = Take(rows, network.Architecture.Gated ? m : 0);
        hidden = Take(rows, m);
        coefficients = length;
    }

    /// <summary>The tangents where the pass stands, [tangents · n, d]; the caller writes those of the input here.</summary>
    internal MatrixView<double> Tangents { get; }

    /// <summary>
    /// Carries <see cref="Tangents"/> through block <paramref name="layer"/>, which the network has just passed forwards.
    /// Without <paramref name="attention"/> its branch is left out: what becomes of differences between equal tokens, which
    /// uniform attention averages away.
    /// </summary>
    internal void Forward(int layer, bool attention = true)
    {
        BlockMatrices block = network.Block(layer);
        foreach (BlockSublayer sublayer in network.Sublayers(layer))
        {
            Placement<double> placement = network.Placed(layer, sublayer);
            if (sublayer.Module == ModuleKind.Mlp)
            {
                Enter(placement);
                Hide(block, network.Hidden(layer));
            }
            else if (attention)
            {
                Enter(placement);
                Attend(block, network.Heads(layer));
            }
            else
            {
                new Span<double>(branch.Data, branch.Rows * d).Clear();
            }

            Leave(placement, sublayer);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => memory.Dispose();

    private static long Length(Architecture architecture, int tangents)
    {
        long n = architecture.Tokens, rows = tangents * n, vectors = rows + n;
        int mlp = architecture.Gated ? 3 : 2;
        return rows * (8L * architecture.Width + (long)mlp * architecture.MlpWidth + vectors) + architecture.Heads * n * n;
    }

    private MatrixView<double> Take(int rows, int columns)
    {
        MatrixView<double> view = memory.Matrix(length, rows, columns);
        length += (long)rows * columns;
        return view;
    }

    // N is its own adjoint's Jacobian: s (I − z zᵀ/d) is symmetric.
    private void Enter(Placement<double> placement)
    {
        for (int row = 0; row < Tangents.Rows; row++)
        {
            Tangents.Row(row).CopyTo(input.Row(row));
            if (placement.NormalisesInput)
                Normalise(input, row, placement.Input, placement.InputScale);
        }
    }

    // t' = r t + Σ a f', with f' and the sum through N where the placement has it; complete with the step's last sublayer,
    // until then in partial sums, while the others still read t.
    private void Leave(Placement<double> placement, BlockSublayer sublayer)
    {
        bool begins = sublayer.Turn is StepTurn.Only or StepTurn.First;
        MatrixView<double> sum = sublayer.EndsStep ? Tangents : partial;
        for (int row = 0; row < Tangents.Rows; row++)
        {
            if (placement.NormalisesBranch)
                Normalise(branch, row, placement.NormalisedBranch, placement.BranchScale);
            double* from = (begins ? Tangents : partial).Data + row * Tangents.RowStride, added = branch.Data + row * branch.RowStride;
            RowMath.Combine(begins ? placement.Skip : 1, from, placement.Weight, added, sum.Data + row * sum.RowStride, d);
            if (placement.NormalisesOutput)
                Normalise(sum, row, placement.NormalisedSum, placement.SumScale);
        }
    }

    private void Normalise(MatrixView<double> rows, int row, MatrixView<double> normalised, MatrixView<double> scale)
    {
        int token = row % n;
        double* z = normalised.Data + token * normalised.RowStride;
        new Normalisation(d).Backward(rows.Data + row * rows.RowStride, z, scale.Data[token], d);
    }

    // A' = A ∘ (ℓ' − A·ℓ'), ℓ' = (Q' Kᵀ + Q K'ᵀ)/√d_k, context' = A' V + A V'.
    private void Attend(BlockMatrices block, AttentionHeads<double> heads)
    {
        MatrixView<double> known = Ask(block.AttentionInputs, input);
        block.AttentionInputs.Apply(0, known, query);
        block.AttentionInputs.Apply(1, known, key);
        block.AttentionInputs.Apply(2, known, value);
        int headWidth = d / heads.Heads;
        double scale = 1 / Math.Sqrt(headWidth);
        MatrixProduct<double> product = network.Product;
        for (int tangent = 0; tangent < tangents; tangent++)
        {
            for (int head = 0; head < heads.Heads; head++)
            {
                int column = head * headWidth;
                MatrixView<double> change = logits.Slice(head * n, 0, n, n);
                MatrixView<double> weights = heads.Probabilities.Slice(head * n, 0, n, n);
                product.Multiply(Of(query), Token(heads.Key).Transposed, change, scale);
                product.Multiply(Token(heads.Query), Of(key).Transposed, change, scale, accumulate: true);
                for (int i = 0; i < n; i++)
                    Softmax.Backward(change.Data + i * change.RowStride, weights.Data + i * weights.RowStride, n);
                product.Multiply(change, Token(heads.Value), Of(context), 1);
                product.Multiply(weights, Of(value), Of(context), 1, accumulate: true);

                MatrixView<double> Of(MatrixView<double> rows) => rows.Slice(tangent * n, column, n, headWidth);
                MatrixView<double> Token(MatrixView<double> rows) => rows.Slice(0, column, n, headWidth);
            }
        }

        block.Contexts.Apply(0, Ask(block.Contexts, context), branch);
    }

    // h' = φ′(W z) ∘ W z', gated: ∘ u, plus φ ∘ u'.
    private void Hide(BlockMatrices block, HiddenLayer<double> layer)
    {
        MatrixView<double> known = Ask(block.Mlp.Inputs, input);
        block.Mlp.Inputs.Apply(0, known, pre);
        if (layer.Gated)
            block.Mlp.Inputs.Apply(1, known, up);
        for (int row = 0; row < pre.Rows; row++)
        {
            nint shift = row * pre.RowStride, token = row % n * layer.PreActivation.RowStride;
            kernels.MultiplyBySlope(layer.PreActivation.Data + token, pre.Data + shift, m);
            if (layer.Gated)
            {
                RowMath.Multiply(pre.Data + shift, layer.Up.Data + token, pre.Data + shift, m);
                kernels.Value(layer.PreActivation.Data + token, hidden.Data + shift, m);
                RowMath.Multiply(hidden.Data + shift, up.Data + shift, hidden.Data + shift, m);
                RowMath.Combine(1, hidden.Data + shift, 1, pre.Data + shift, pre.Data + shift, m);
            }
        }

        block.Mlp.HiddenUnits.Apply(0, Ask(block.Mlp.HiddenUnits, pre), branch);
    }

    private MatrixView<double> Ask(AskedInputs inputs, MatrixView<double> rows)
    {
        MatrixView<double> known = memory.Matrix(coefficients, rows.Rows, inputs.Basis.Capacity);
        inputs.Continue(rows, known);
        return known;
    }
}
