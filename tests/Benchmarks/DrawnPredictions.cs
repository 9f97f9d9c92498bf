using System.Diagnostics;
using Hybrid.Architectures;
using Hybrid.Theory;

namespace Hybrid.Benchmarks;

/// <summary>
/// Processor seconds of the draws of a prediction, beside those that the theory counts from the record to choose how many heads it draws:
/// derivation section 13.5.
/// </summary>
internal static class DrawnPredictions
{
    private const int Rounds = 5;

    public static int Run()
    {
        Console.WriteLine($"{"",-16}{"depth",6}{"draws",7}{"heads",12}{"counted",11}{"measured",11}");
        foreach (Architecture architecture in Presets.All.Select(preset => preset.Architecture))
        {
            if (Features.AreClosed(architecture))
                continue;
            Row(architecture);
            if (!HasValuesByLayer(architecture))
                Row(architecture.With(depth: 200));
        }

        return 0;
    }

    private static void Row(Architecture architecture)
    {
        DrawPlan plan = TrajectoryRoute.drawnFor(architecture);
        (Architecture network, int draws) = (plan.Network, plan.Draws);
        Laws laws = LawsModule.exact(network);
        Trajectory Draw() => TrajectoryDraws.sampled(network, laws, draws, TrajectoryDraws.Seed);
        Draw();
        double best = double.PositiveInfinity;
        for (int round = 0; round < Rounds; round++)
        {
            TimeSpan start = Environment.CpuUsage.TotalTime;
            Draw();
            best = Math.Min(best, (Environment.CpuUsage.TotalTime - start).TotalSeconds);
        }

        string heads = $"{network.Heads} of {architecture.Heads}";
        Console.WriteLine(
            $"{architecture.Name,-16}{architecture.Depth,6}{draws,7}{heads,12}{draws * DrawWork.seconds(network),9:0.00} s{best,9:0.00} s");
    }

    private static bool HasValuesByLayer(Architecture architecture) =>
        architecture.With(depth: 200) is { } deep && ArchitectureModule.Validate(deep).Length > 0;
}
