using Hybrid.Architectures;
using Hybrid.Import.Records;
using Hybrid.Theory;

namespace Hybrid.Benchmarks;

/// <summary>
/// Processor time and managed memory of one head of one attention layer of the Gram process, forwards and backwards, drawn by its
/// coordinates: derivation section 15.1. Measured by difference of networks, so that what is around the heads does not count.
/// </summary>
internal static class AttentionDraws
{
    private const int Fewer = 12, More = 36, HeadWidth = 64, Depth = 2, Rounds = 5;

    public static int Run()
    {
        Console.WriteLine($"{"tokens",8}{"ms a head",12}{"bytes a head",14}");
        foreach (int tokens in (int[])[64, 128, 256, 1024])
        {
            ((double seconds, long bytes), (double fewerSeconds, long fewerBytes)) = (Cost(tokens, More), Cost(tokens, Fewer));
            double heads = (More - Fewer) * Depth;
            Console.WriteLine($"{tokens,8}{1e3 * (seconds - fewerSeconds) / heads,12:0.000}{(bytes - fewerBytes) / heads,14:0}");
        }

        return 0;
    }

    private static (double Seconds, long Bytes) Cost(int tokens, int heads)
    {
        Architecture architecture = ArchitectureOverrides.Apply(
            Architecture.Defaults.With(
                tokens: tokens, depth: Depth, width: heads * HeadWidth, heads: heads, mask: Mask.Causal,
                input: new InputParameters(1, 0.5)),
            ["""attention.positions={"rope":{"base":10000,"fraction":1}}"""]);
        Laws laws = LawsModule.exact(architecture);
        TrajectoryDraws.sampled(architecture, laws, 1, TrajectoryDraws.Seed);
        double best = double.PositiveInfinity;
        long allocated = long.MaxValue;
        for (int round = 0; round < Rounds; round++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            TimeSpan start = Environment.CpuUsage.TotalTime;
            TrajectoryDraws.sampled(architecture, laws, 1, TrajectoryDraws.Seed);
            best = Math.Min(best, (Environment.CpuUsage.TotalTime - start).TotalSeconds);
            allocated = Math.Min(allocated, GC.GetTotalAllocatedBytes(precise: true) - before);
        }

        return (best, allocated);
    }
}
