using Hybrid.Architectures;
using Hybrid.Networks.Engines;
using Hybrid.Networks.Engines.Conditioned;
using Hybrid.Networks.Linear;
using Xunit;

namespace Hybrid.Networks.Tests.Engines.Conditioned;

public sealed class ConditionedEngineTests : EngineTests
{
    // Nothing hides behind the storage here: forming tokens and Gram matrices takes some tens of roundings of 2⁻⁵³.
    protected override double Rounding => Math.ScaleB(1, -50);

    protected override INetworkEngine Create(Architecture architecture, int threads = 2) => new ConditionedEngine(architecture, threads);

    // Linear attention-free networks without normalisation map every difference alike, so u, formed from Gram matrices as
    // (q − p)/q, must stay what it was; 1e-12 of q is four digits of a double. Post-norm ReLU with ρ₀ = 1 − 1e-4 must then
    // follow the exponent of differences all the way to 1e-12: at r = a = 1, σ_V = 1 each attention halves u, the MLP
    // (κ = χ = 1 at σ_w² = 2) leaves it.
    [Fact]
    public void Collapsing_tokens_are_followed_to_1e_minus_12()
    {
        const int depth = 27, width = 512, samples = 6;
        Architecture architecture = Networks.Of(
            Placement.Post, Activation.Relu, 8, depth, width, inStd: Math.Sqrt(2), correlation: 1 - 1e-4);
        double[] logarithms = [.. Ensemble.Run(() => new ConditionedEngine(architecture), 3, samples, 2).Select(
            member => Math.Log(member.Layers[depth].U / 1e-4))];
        (double mean, double error) = Tests.Statistics.MeanOf(logarithms);

        // log u at depth L is a sum of L contributions, each with the finite-width bias that the mean of the limit lacks.
        Tests.Statistics.Agrees("log u / u₀", depth * Math.Log(0.5), mean, error, bias: depth * 8.0 / width);
        Assert.InRange(Math.Exp(mean) * 1e-4, 1e-13, 3e-12);
    }

    // Logits of 1e28 and of 1e48 alike give all weight to the largest; the latter are no singles, whose attention would be no number.
    // What is left of single precision is its rounding, a few times over two blocks.
    [Fact]
    public void What_is_beyond_the_range_of_singles_runs_in_double()
    {
        NetworkSample within = Run(Hard(1e30), 0), beyond = Run(Hard(1e50), 0);
        Near.Equal("stream", within.Hidden[2], beyond.Hidden[2], Math.ScaleB(1, -16));

        static Architecture Hard(double scale) => Networks.WithHead(
            Networks.Of(Placement.Pre, Activation.Tanh, 6, 2, 48, 4, 48), logitScale: Schedule.NewConstant(scale));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_memory_stated_up_front_is_what_the_buffers_take(bool gated)
    {
        Wiring wiring = gated ? Wiring.Parallel : Wiring.Sequential;
        StatesItsMemory(Networks.Of(Placement.Peri, Activation.Gelu, 24, 4, 320, 4, 640, gated: gated, wiring: wiring));
    }

    /// <summary>What the engine can do beyond plain blocks.</summary>
    public static TheoryData<string> Features => [.. Networks.Features.Keys.Where(feature => IsDrawn(With(feature, depth: 2)))];

    [Theory]
    [MemberData(nameof(Features))]
    public void So_it_is_with_every_feature(string feature) => StatesItsMemory(With(feature, depth: 3));

    [Theory]
    [MemberData(nameof(Features))]
    public void Any_number_of_threads_gives_the_same_bits_with_every_feature(string feature)
    {
        NetworkSample one = Run(With(feature, depth: 2), 4, threads: 1);
        AssertSame(one, Run(With(feature, depth: 2), 4, threads: 2));
        AssertSame(one, Run(With(feature, depth: 2), 4, threads: 3));
    }

    [Theory]
    [MemberData(nameof(Features))]
    public void A_run_allocates_nothing_that_grows_with_depth_with_every_feature(string feature)
    {
        Assert.Equal(Allocated(2), Allocated(8));

        long Allocated(int depth)
        {
            using INetworkEngine engine = Create(With(feature, depth), threads: 1);
            NetworkSample sample = new(12, depth);
            engine.Run(1, 0, sample);
            return Allocations.Of(() => engine.Run(1, 1, sample));
        }
    }

    private static Architecture With(string feature, int depth) =>
        Networks.Features[feature](Networks.Of(Placement.Pre, Activation.Tanh, 12, depth, 60, 3, 72, logitStd: 2));

    private static bool IsDrawn(Architecture architecture) =>
        !Architectures.Features.Of(architecture).Except(ConditionedEngine.Features).Any();

    // What products pack into is theirs; the statement leaves a thousandth for pivots and rounding to cache lines.
    private static void StatesItsMemory(Architecture architecture)
    {
        using ConditionedEngine engine = new(architecture, 1);
        engine.Run(1, 0, new NetworkSample(architecture.Tokens, architecture.Depth));
        Near.Equal("bytes", BuffersOf(engine, []), (double)ConditionedEngine.Bytes(architecture), 0, 1e-3);
    }

    private static double BuffersOf(object? owner, HashSet<object> seen)
    {
        if (owner is null or string or WorkerPool or Architecture || owner.GetType().Name.StartsWith("MatrixProduct") || !seen.Add(owner))
            return 0;
        Type type = owner.GetType();
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(NativeBuffer<>))
        {
            return (long)type.GetProperty("Length")!.GetValue(owner)!
                * System.Runtime.InteropServices.Marshal.SizeOf(type.GetGenericArguments()[0]);
        }

        if (owner is Array array)
            return type.GetElementType()!.IsPrimitive ? 0 : array.Cast<object?>().Sum(item => BuffersOf(item, seen));
        if (type.Namespace?.StartsWith("Hybrid.Networks") != true)
            return 0;

        // What a base class keeps for itself is among its own fields alone.
        double sum = 0;
        for (Type? at = type; at is not null; at = at.BaseType)
        {
            sum += at.GetFields(
                System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Public
                | System.Reflection.BindingFlags.DeclaredOnly)
                .Where(field => !field.FieldType.IsPointer && !field.FieldType.IsValueType)
                .Sum(field => BuffersOf(field.GetValue(owner), seen));
        }

        return sum;
    }
}
