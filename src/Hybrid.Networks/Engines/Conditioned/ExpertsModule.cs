using System.Numerics;
using Hybrid.Architectures;
using Hybrid.Networks.Blocks;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Model;
using Hybrid.Networks.Random;

namespace Hybrid.Networks.Engines.Conditioned;

/// <summary>
/// Experts behind a router, derivation (12.8) and (12.9): each is an MLP on the tokens that chose it, known by L_e of what its
/// output matrix sees. The sum is f = σ C Φ, C = [c g_e L_e]: [n, S], with normal rows Φ of every expert's own. C = L Q with n
/// orthonormal rows Q, so of Φ forwards only Q Φ acts, which stands for one output matrix' images. Backwards the gradient h at f
/// meets Φ off Q for the first time: σ h Φᵀ = K Q + F Γ (I − QᵀQ), F Fᵀ = σ² h hᵀ, Γ normal. An expert sees directions U_e of
/// z's span, and what it adds off them, F_e Γ_e (I − U_eᵀU_e), is drawn along z here and off it with all others' (their
/// covariances add). The router is one more matrix that sees z, in double precision. S = n (k + 1 with a shared one) rows of
/// tokens as experts see them, R of one expert.
/// </summary>
internal sealed unsafe class ExpertsModule<T> : IModule
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly CoordinatePlan plan;
    private readonly ExpertPlan places;
    private readonly Experts experts;
    private readonly NativeBuffer<double> memory;
    private readonly ModuleScratch<T> scratch;
    private readonly MlpModule<T> mlps;
    private readonly RowBasis basis = new(default);
    private readonly int n, m, seen;
    private readonly double deviation;

    /// <summary>For an architecture with experts, each of which is an <paramref name="mlps"/>.</summary>
    internal ExpertsModule(
        Architecture architecture, ParameterLayout layout, CoordinatePlan plan, NativeBuffer<double> memory, ModuleScratch<T> scratch,
        MlpModule<T> mlps)
    {
        (this.plan, this.memory, this.scratch, this.mlps) = (plan, memory, scratch, mlps);
        places = plan.Experts!;
        experts = places.Experts;
        (n, m, seen) = (architecture.Tokens, architecture.MlpWidth, places.Mixture.Columns);
        deviation = layout[MatrixRole.Router].StandardDeviation;
    }

    /// <inheritdoc/>
    public bool Forward(ulong seed, int sample, SublayerState at)
    {
        int rank = at.InputRank;
        MatrixView<double> input = at.Input.Slice(0, 0, n, rank), images = RouterImages(at);
        ExpertRouting<double> routing = Routing(at) with { Input = input, Seen = new(places.Seen.In(memory).Data, seen, rank) };
        Start(RandomStream.Router, seed, sample, at);
        Fill(images);
        scratch.SmallProduct.Multiply(input, images, routing.Logits, deviation);
        routing.Choose();
        scratch.Pool.Run(&ExpertRouting<double>.Gather, &routing);

        ExpertChoices choices = Choices(at);
        for (int mlp = 0; mlp < routing.Mlps; mlp++)
        {
            (int first, int count) = routing.RowsOf(mlp);
            if (count == 0)
                continue;
            MatrixView<double> directions = Directions(at, first, Math.Min(count, rank));
            MatrixView<double> factor = scratch.Small(SmallMatrix.ExpertInput, count, directions.Rows);
            basis.Begin(directions);
            basis.Append(routing.Seen.Slice(first, 0, count, rank), factor, scratch.Workspace);
            choices.InputRanks[mlp] = basis.Rank;
            MatrixView<double> known = factor.Slice(0, 0, count, basis.Rank);
            RowSpan<T> span = OutputSpan(at, first, count);
            if (!mlps.Forward(seed, sample, at, new(mlp, first, count), known, span, out choices.OutputRanks[mlp]))
                return false;
        }

        Mix(at, routing, choices);
        return true;
    }

    /// <inheritdoc/>
    public void Backward(ulong seed, int sample, SublayerState at, in ModuleGradient gradient, Span<double> weightGradients)
    {
        ExpertRouting<double> routing = Routing(at) with { Input = at.Input.Slice(0, 0, n, at.InputRank) };
        ExpertChoices choices = Choices(at);
        Start(RandomStream.Experts, seed, sample, at);
        MatrixView<double> known = Recover(at, gradient);
        RouteBackward(at, routing, choices, known);
        scratch.SmallProduct.Multiply(routing.LogitGradient, RouterImages(at).Transposed, gradient.AlongInput, deviation);
        MatrixView<double> gram = scratch.Small(SmallMatrix.LogitGradientGram, n, n);
        scratch.SmallProduct.Gram(routing.LogitGradient, gram, 1);
        weightGradients[(int)MatrixRole.Router] = gradient.Add(gram, deviation * deviation, first: true);

        // From here on the matrix holds σ² h hᵀ.
        scratch.SmallProduct.Gram(gradient.Factor, gram, 1);
        mlps.Clear(weightGradients);
        for (int mlp = 0; mlp < routing.Mlps; mlp++)
        {
            (int first, int count) = routing.RowsOf(mlp);
            if (count == 0)
                continue;
            ModuleGradient own = Own(at, choices, gradient, (mlp, first, count), gram, known);
            RowSpan<T> span = OutputSpan(at, first, count);
            mlps.Backward(seed, sample, at, new(mlp, first, count), span, choices.OutputRanks[mlp], own, weightGradients);
            AddInput(at, choices.Tokens + first, Directions(at, first, choices.InputRanks[mlp]), own, gradient);
        }
    }

    // C and its factor.
    private void Mix(SublayerState at, ExpertRouting<double> routing, ExpertChoices choices)
    {
        double* weights = Weights(at);
        double* gates = stackalloc double[experts.Active];
        for (int token = 0; token < n; token++)
        {
            routing.Gates(token, gates);
            for (int rank = 0; rank < experts.Active; rank++)
            {
                int place = choices.Places[token * experts.Active + rank];
                (weights[place], choices.Tokens[place]) = (routing.Scale * gates[rank], token);
            }

            if (experts.HasShared)
            {
                int place = n * experts.Active + token;
                (weights[place], choices.Tokens[place]) = (routing.SharedWeight, token);
            }
        }

        MatrixView<double> mixture = places.Mixture.In(memory);
        GradientCoordinates.Clear(mixture);
        for (int mlp = 0; mlp < routing.Mlps; mlp++)
        {
            (int first, int count) = routing.RowsOf(mlp);
            MatrixView<double> factor = OutputFactor(at, first, count);
            for (int row = 0; row < count; row++)
            {
                double* destination = mixture.Data + (long)choices.Tokens[first + row] * seen + first;
                RowMath.Scale(weights[first + row], factor.Data + row * factor.RowStride, destination, choices.OutputRanks[mlp]);
            }
        }

        basis.Begin(places.Basis.In(memory, Shift(at)));
        basis.Append(mixture, at.OutputFactor, scratch.Workspace);
        at.OutputRank = basis.Rank;
    }

    // σ h Φᵀ of all experts: [n, S].
    private MatrixView<double> Recover(SublayerState at, in ModuleGradient gradient)
    {
        MatrixView<double> result = places.Known.In(memory), factor = gradient.Factor;
        MatrixView<double> normals = places.Mixture.In(memory).Slice(0, 0, factor.Columns, seen);
        MatrixView<double> directions = places.Basis.In(memory, Shift(at)).Slice(0, 0, at.OutputRank, seen);
        MatrixView<double> overlap = scratch.Small(SmallMatrix.ExpertNormalsByBasis, factor.Columns, at.OutputRank);
        Fill(normals);
        scratch.SmallProduct.Multiply(normals, directions.Transposed, overlap, 1);
        scratch.SmallProduct.Multiply(factor, overlap, gradient.Known, -1, accumulate: true);
        scratch.SmallProduct.Multiply(factor, normals, result, 1);
        scratch.SmallProduct.Multiply(gradient.Known, directions, result, 1, accumulate: true);
        return result;
    }

    // At the router's logits, by h·f_e = Σ_k L_e,k (σ h Φᵀ)_k of every token.
    private void RouteBackward(SublayerState at, ExpertRouting<double> routing, ExpertChoices choices, MatrixView<double> known)
    {
        double* gates = stackalloc double[experts.Active];
        double* atGates = stackalloc double[experts.Active];
        for (int token = 0; token < n; token++)
        {
            routing.Gates(token, gates);
            for (int rank = 0; rank < experts.Active; rank++)
            {
                int place = choices.Places[token * experts.Active + rank], expert = choices.Chosen[token * experts.Active + rank];
                (int first, int count) = routing.RowsOf(expert);
                MatrixView<double> factor = OutputFactor(at, first, count);
                double* row = factor.Data + (place - first) * factor.RowStride;
                atGates[rank] = routing.Scale * RowMath.Dot(row, known.Data + (long)token * seen + first, choices.OutputRanks[expert]);
            }

            routing.GatesBackward(token, gates, atGates);
        }
    }

    // What one of the MLPs is told, and where it is to answer: rows of everything that are its own.
    private ModuleGradient Own(
        SublayerState at, ExpertChoices choices, in ModuleGradient gradient, (int Mlp, int First, int Count) rows, MatrixView<double> gram,
        MatrixView<double> known)
    {
        (int mlp, int first, int count) = rows;
        double* weights = Weights(at) + first;
        int* tokens = choices.Tokens + first;
        MatrixView<double> ownGram = scratch.Small(SmallMatrix.ExpertGradientGram, count, count);
        MatrixView<double> factor = scratch.Small(SmallMatrix.ExpertGradientFactor, count, count);
        MatrixView<double> inputGram = scratch.Small(SmallMatrix.ExpertInputGram, count, count);
        MatrixView<double> ownKnown = scratch.Small(SmallMatrix.ExpertKnown, count, choices.OutputRanks[mlp]);
        for (int i = 0; i < count; i++)
        {
            for (int j = 0; j < count; j++)
            {
                long entry = (long)tokens[i] * n + tokens[j];
                ownGram.Row(i)[j] = weights[i] * weights[j] * gram.Data[entry];
                inputGram.Row(i)[j] = gradient.InputGram.Data[entry];
            }

            double* row = known.Data + (long)tokens[i] * seen + first;
            RowMath.Scale(weights[i], row, ownKnown.Data + i * ownKnown.RowStride, ownKnown.Columns);
        }

        int rank = scratch.Factor(ownGram, count, factor, Precision.Rounding);
        return new()
        {
            Factor = factor.Slice(0, 0, count, rank),
            Known = ownKnown,
            Covariance = scratch.Small(SmallMatrix.ExpertCovariance, count, count),
            AlongInput = scratch.Small(SmallMatrix.ExpertAlongInput, count, choices.InputRanks[mlp]),
            InputGram = inputGram,
        };
    }

    // What one of the MLPs adds to the gradient at z: its covariance, and along z's span what is known and what is fresh.
    private void AddInput(
        SublayerState at, int* tokens, MatrixView<double> directions, in ModuleGradient own, in ModuleGradient gradient)
    {
        int count = own.AlongInput.Rows, rank = at.InputRank;
        MatrixView<double> added = scratch.Small(SmallMatrix.ExpertInputGradient, count, rank);
        scratch.SmallProduct.Multiply(own.AlongInput, directions, added, 1);
        if (directions.Rows < rank)
        {
            MatrixView<double> factor = scratch.Small(SmallMatrix.ExpertOffInputFactor, count, count);
            double rounding = typeof(T) == typeof(float) ? Precision.SingleRounding : Precision.Rounding;
            factor = factor.Slice(0, 0, count, scratch.Factor(own.Covariance, count, factor, rounding));
            MatrixView<double> normals = scratch.Small(SmallMatrix.ExpertNormals, factor.Columns, rank);
            MatrixView<double> overlap = scratch.Small(SmallMatrix.ExpertNormalsByInput, factor.Columns, directions.Rows);
            Fill(normals);
            scratch.SmallProduct.Multiply(normals, directions.Transposed, overlap, 1);
            scratch.SmallProduct.Multiply(overlap, directions, normals, -1, accumulate: true);
            scratch.SmallProduct.Multiply(factor, normals, added, 1, accumulate: true);
        }

        for (int i = 0; i < count; i++)
        {
            double* sum = gradient.AlongInput.Data + tokens[i] * gradient.AlongInput.RowStride;
            RowMath.Combine(1, sum, 1, added.Data + i * added.RowStride, sum, rank);
            for (int j = 0; j < count; j++)
                gradient.Covariance.Row(tokens[i])[tokens[j]] += own.Covariance.Row(i)[j];
        }
    }

    private void Start(RandomStream stream, ulong seed, int sample, SublayerState at) =>
        scratch.Normals.Start(stream.OfBlock(seed, sample, at.Layer));

    private void Fill(MatrixView<double> matrix)
    {
        for (int row = 0; row < matrix.Rows; row++)
            scratch.Normals.Fill(matrix.Row(row));
    }

    private long Shift(SublayerState at) => (at.Layer - 1) * plan.BlockLength;

    private double* Weights(SublayerState at) => places.Weights.In(memory, Shift(at)).Data;

    private ExpertChoices Choices(SublayerState at) => new(places.Choices.As<int>(memory, Shift(at)).Data, experts, n);

    private MatrixView<double> RouterImages(SublayerState at) =>
        places.RouterImages.In(memory, Shift(at)).Slice(0, 0, at.InputRank, experts.Count);

    // U_e: [rank, r], of rows that begin at first.
    private MatrixView<double> Directions(SublayerState at, int first, int rank) =>
        new(Rows(places.Directions, at, first), rank, at.InputRank);

    // L_e: [R, min(R, m)].
    private MatrixView<double> OutputFactor(SublayerState at, int first, int count) =>
        new(Rows(places.OutputFactor, at, first), count, Math.Min(count, m));

    private RowSpan<T> OutputSpan(SublayerState at, int first, int count) => new(
        at.Outputs<T>().Slice(first, 0, count, m), OutputFactor(at, first, count),
        new(Rows(places.Inverse, at, first), Math.Min(count, m), count));

    private double* Rows(Slot slot, SublayerState at, int first) => slot.In(memory, Shift(at)).Data + (long)first * slot.Columns;

    private ExpertRouting<double> Routing(SublayerState at)
    {
        ExpertChoices choices = Choices(at);
        return ExpertRouting<double>.Of(experts) with
        {
            Logits = places.Logits.In(memory, Shift(at)),
            LogitGradient = places.LogitGradient.In(memory),
            Chosen = choices.Chosen,
            Places = choices.Places,
            Starts = choices.Starts,
        };
    }
}
