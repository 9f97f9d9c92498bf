using System.Numerics;
using Hybrid.Architectures;
using Hybrid.Networks.Linear;

namespace Hybrid.Networks.Blocks;

/// <summary>
/// What happens to tokens around the experts of one block, derivation (15.8): y = c Σ_e g_e f_e(z) over the k experts with the
/// largest logits r = W_r z, plus √w_s times the one that is shared. Tokens lie as the experts see them: those of the first expert,
/// each expert's in the order of the sequence, then those of the next, last all for the shared one. Backwards, with G the gradient
/// at y: c g_e G at f_e, G_g = c G·f_e at the gates and from there to the logits with the choice held fixed. R tokens, S rows as
/// the experts see them.
/// </summary>
internal unsafe struct ExpertRouting<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>E and k.</summary>
    internal int Count, Active;

    /// <summary>Whether gates are weights over the sum of the chosen ones', or of all; and whether weights are σ(r), or e^r.</summary>
    internal bool Renormalises, IsSigmoid;

    /// <summary>c and √w_s.</summary>
    internal T Scale, SharedWeight;

    /// <summary>r: [R, E].</summary>
    internal MatrixView<T> Logits;

    /// <summary>z: [R, d].</summary>
    internal MatrixView<T> Input;

    /// <summary>z and f as the experts see and make them: [S, d] each.</summary>
    internal MatrixView<T> Seen, Made;

    /// <summary>y, or backwards G: [R, d].</summary>
    internal MatrixView<T> Output;

    /// <summary>Gradients at z, which others have begun, and at r: [R, d] and [R, E].</summary>
    internal MatrixView<T> InputGradient, LogitGradient;

    /// <summary>Gradients at Seen and Made: [S, d] each.</summary>
    internal MatrixView<T> SeenGradient, MadeGradient;

    /// <summary>The experts of every token, the one with the largest logit first: [R, k].</summary>
    internal int* Chosen;

    /// <summary>Where the token stands for each of them: [R, k].</summary>
    internal int* Places;

    /// <summary>First row of every expert, and one behind the last: [E + 1].</summary>
    internal int* Starts;

    /// <summary>The experts, and last the shared one.</summary>
    internal readonly int Mlps => Count + (HasShared ? 1 : 0);

    private readonly bool HasShared => SharedWeight > T.Zero;

    private readonly int Tokens => Input.Rows;

    private readonly int Width => Input.Columns;

    /// <summary>What a record says; matrices and choices are the caller's.</summary>
    internal static ExpertRouting<T> Of(Experts experts) => new()
    {
        Count = experts.Count,
        Active = experts.Active,
        Renormalises = !experts.Gate.IsSoftmax,
        IsSigmoid = experts.Gate.IsSigmoid,
        Scale = T.CreateChecked(experts.Scale),
        SharedWeight = T.Sqrt(T.CreateChecked(experts.Shared)),
    };

    /// <summary>Chosen, Places and Starts from Logits; on one thread.</summary>
    internal readonly void Choose()
    {
        new Span<int>(Starts, Count + 1).Clear();
        for (int token = 0; token < Tokens; token++)
        {
            ReadOnlySpan<T> logits = Logits.Row(token);
            for (int rank = 0; rank < Active; rank++)
            {
                Span<int> before = new(Chosen + token * Active, rank);
                int best = -1;
                for (int expert = 0; expert < Count; expert++)
                {
                    if (!before.Contains(expert) && (best < 0 || logits[expert] > logits[best]))
                        best = expert;
                }

                Chosen[token * Active + rank] = best;
                Starts[best + 1]++;
            }
        }

        for (int expert = 0; expert < Count; expert++)
            Starts[expert + 1] += Starts[expert];

        // Every expert's next free row stands in its start, and moves it on to the next one's; then they are moved back.
        for (int index = 0; index < Tokens * Active; index++)
            Places[index] = Starts[Chosen[index]]++;
        for (int expert = Count; expert > 0; expert--)
            Starts[expert] = Starts[expert - 1];
        Starts[0] = 0;
    }

    /// <summary>The rows that an expert, or behind the last one the shared one, sees.</summary>
    internal readonly (int First, int Count) RowsOf(int expert) =>
        expert < Count ? (Starts[expert], Starts[expert + 1] - Starts[expert]) : (Tokens * Active, Tokens);

    /// <summary>Seen from Input.</summary>
    internal static void Gather(ExpertRouting<T>* at, int worker, int threads)
    {
        (int start, int end) = WorkerPool.Share(at->Tokens, worker, threads);
        for (int token = start; token < end; token++)
        {
            Span<T> z = at->Input.Row(token);
            for (int rank = 0; rank < at->Active; rank++)
                z.CopyTo(at->Seen.Row(at->Places[token * at->Active + rank]));
            if (at->HasShared)
                z.CopyTo(at->Seen.Row(at->Tokens * at->Active + token));
        }
    }

    /// <summary>Output from Made.</summary>
    internal static void Combine(ExpertRouting<T>* at, int worker, int threads)
    {
        T* gates = stackalloc T[at->Active];
        (int start, int end) = WorkerPool.Share(at->Tokens, worker, threads);
        for (int token = start; token < end; token++)
        {
            T* y = Row(at->Output, token);
            at->Gates(token, gates);
            if (at->HasShared)
                RowMath.Scale(at->SharedWeight, Row(at->Made, at->Tokens * at->Active + token), y, at->Width);
            else
                new Span<T>(y, at->Width).Clear();
            for (int rank = 0; rank < at->Active; rank++)
            {
                T* made = Row(at->Made, at->Places[token * at->Active + rank]);
                RowMath.Combine(T.One, y, at->Scale * gates[rank], made, y, at->Width);
            }
        }
    }

    /// <summary>MadeGradient and LogitGradient from the gradient in Output.</summary>
    internal static void CombineBackward(ExpertRouting<T>* at, int worker, int threads)
    {
        T* gates = stackalloc T[at->Active];
        T* atGates = stackalloc T[at->Active];
        (int start, int end) = WorkerPool.Share(at->Tokens, worker, threads);
        for (int token = start; token < end; token++)
        {
            T* gradient = Row(at->Output, token);
            at->Gates(token, gates);
            for (int rank = 0; rank < at->Active; rank++)
            {
                int place = at->Places[token * at->Active + rank];
                atGates[rank] = at->Scale * T.CreateTruncating(RowMath.Dot(gradient, Row(at->Made, place), at->Width));
                RowMath.Scale(at->Scale * gates[rank], gradient, Row(at->MadeGradient, place), at->Width);
            }

            if (at->HasShared)
                RowMath.Scale(at->SharedWeight, gradient, Row(at->MadeGradient, at->Tokens * at->Active + token), at->Width);
            at->GatesBackward(token, gates, atGates);
        }
    }

    /// <summary>InputGradient with SeenGradient added.</summary>
    internal static void GatherBackward(ExpertRouting<T>* at, int worker, int threads)
    {
        (int start, int end) = WorkerPool.Share(at->Tokens, worker, threads);
        for (int token = start; token < end; token++)
        {
            T* gradient = Row(at->InputGradient, token);
            for (int rank = 0; rank < at->Active; rank++)
            {
                T* seen = Row(at->SeenGradient, at->Places[token * at->Active + rank]);
                RowMath.Combine(T.One, gradient, T.One, seen, gradient, at->Width);
            }

            if (at->HasShared)
                RowMath.Combine(T.One, gradient, T.One, Row(at->SeenGradient, at->Tokens * at->Active + token), gradient, at->Width);
        }
    }

    /// <summary>g of the chosen: weights over their sum, or with plain softmax over the sum of all experts' weights.</summary>
    internal readonly void Gates(int token, T* gates)
    {
        T total = T.Zero;
        for (int rank = 0; rank < Active; rank++)
            total += gates[rank] = Weight(token, Chosen[token * Active + rank]);
        if (!Renormalises)
            total = Total(token);
        for (int rank = 0; rank < Active; rank++)
            gates[rank] /= total;
    }

    /// <summary>
    /// LogitGradient: ∂g_e/∂r_e′ = g_e (δ_ee′ − p_e′) w_e′, with p = g over those whose weights are summed up, and
    /// w = 1 − σ(r) or 1.
    /// </summary>
    internal readonly void GatesBackward(int token, T* gates, T* atGates)
    {
        Span<T> gradient = LogitGradient.Row(token);
        T mean = T.Zero;
        for (int rank = 0; rank < Active; rank++)
            mean += gates[rank] * atGates[rank];
        gradient.Clear();
        if (!Renormalises)
        {
            T total = Total(token);
            for (int expert = 0; expert < Count; expert++)
                gradient[expert] = -mean * Weight(token, expert) / total;
        }

        for (int rank = 0; rank < Active; rank++)
        {
            int expert = Chosen[token * Active + rank];
            T own = gates[rank] * (Renormalises ? atGates[rank] - mean : atGates[rank]);
            gradient[expert] += IsSigmoid ? own * (T.One - Logistic(Logits.Row(token)[expert])) : own;
        }
    }

    // e^(r − largest), or σ(r), which far below 0 is e^r to rounding and would vanish for all of them.
    private readonly T Weight(int token, int expert)
    {
        T logit = Logits.Row(token)[expert], largest = Logits.Row(token)[Chosen[token * Active]];
        return IsSigmoid && largest > T.CreateTruncating(-40) ? Logistic(logit) : T.Exp(logit - largest);
    }

    private static T Logistic(T logit) => T.One / (T.One + T.Exp(-logit));

    private readonly T Total(int token)
    {
        T total = T.Zero;
        for (int expert = 0; expert < Count; expert++)
            total += Weight(token, expert);
        return total;
    }

    private static T* Row(MatrixView<T> matrix, int row) => matrix.Data + row * matrix.RowStride;
}
