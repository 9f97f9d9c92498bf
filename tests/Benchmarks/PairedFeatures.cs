using System.Globalization;
using Hybrid.Architectures;
using Hybrid.Import.Records;
using Hybrid.Networks.Engines;
using Hybrid.Networks.Engines.Conditioned;
using Hybrid.Networks.Engines.Dense;

namespace Hybrid.Benchmarks;

/// <summary>
/// What a feature costs the conditioned engine: processor time per network on one thread, over that of the plain block of the
/// same run, and what it saves against the dense engine; the three take turns. A token's experts have together as many hidden
/// units as the plain block's MLP. Features whose name has the given part take part.
/// </summary>
internal static class PairedFeatures
{
    private const int Depth = 6;

    // Processor time that one side of a round takes, about.
    private const double Share = 0.3;

    public static int Run(int width, int rounds, string part)
    {
        Console.WriteLine(
            $"{Depth} blocks, 64 tokens, width {width}, MLP as wide, heads of 64, pre-norm, tanh-GELU; processor time, one thread, "
            + $"{rounds} rounds");
        Console.WriteLine($"{"feature",-40}{"ms",8}{"over plain",12}{"smallest",10}{"largest",9}{"dense over it",15}");
        Architecture plain = PairedEnsemble.Of(width, Depth);
        foreach ((string name, string[] changes) in Features(width).Where(feature => feature.Name.Contains(part)))
        {
            Architecture changed = ArchitectureOverrides.Apply(plain, [$"name={name}", .. changes]);
            using Timed one = new(new ConditionedEngine(plain)), other = new(new ConditionedEngine(changed)),
                dense = new(new DenseEngine(changed, threads: 1));
            double[] seconds = new double[rounds], overPlain = new double[rounds], denses = new double[rounds];
            for (int round = 0; round < rounds; round++)
            {
                double reference = one.Seconds();
                seconds[round] = other.Seconds();
                overPlain[round] = seconds[round] / reference;
                denses[round] = dense.Seconds() / seconds[round];
            }

            Console.WriteLine(
                $"{name,-40}{1e3 * PairedProduct.Median(seconds),8:0.0}{PairedProduct.Median(overPlain),12:0.00}{overPlain.Min(),10:0.00}"
                + $"{overPlain.Max(),9:0.00}{PairedProduct.Median(denses),15:0.0}");
        }

        return 0;
    }

    private static (string Name, string[] Changes)[] Features(int width)
    {
        string rope = "attention.positions={\"rope\":{\"base\":10000,\"fraction\":1}}", head = "attention.queryKeyNorm=head";
        string grouped = $"attention.keyValueHeads={width / 256}", experts = $"mlpWidth={width / 2}";
        string[] routed = ["mlp.experts={\"count\":8,\"active\":2,\"gate\":\"renormalised\",\"routerStd\":1}", experts];
        return
        [
            ("plain again", []),
            ("causal", ["mask=causal"]),
            ("window of 16", ["mask={\"window\":16}"]),
            ("prefix of 16", ["mask={\"prefix\":16}"]),
            ("five windows, one causal", [$"mask=[{string.Join(",", Enumerable.Repeat("{\"window\":16}", Depth - 1))},\"causal\"]"]),
            ("rotary", [rope]),
            ("ALiBi", ["attention.positions=alibi"]),
            ("queries and keys normalised by head", [head]),
            ("queries and keys normalised together", ["attention.queryKeyNorm=all"]),
            ("cap", ["attention.softCap=2"]),
            ("sink", ["attention.sink=1"]),
            ("four heads to a group", [grouped]),
            ("heads of 32", ["attention.headWidth=32"]),
            ("gains by layer", [$"normGain=[{string.Join(",", Enumerable.Range(1, Depth).Select(Gain))}]"]),
            ("grouped, rotary, normalised, causal", ["mask=causal", grouped, rope, head]),
            ("dynamic tanh", ["normKind={\"dyt\":0.5}"]),
            ("8 experts, 2 active", routed),
            ("8 experts, 2 active, grouped, rotary", ["mask=causal", grouped, rope, .. routed]),
        ];
    }

    private static string Gain(int layer) => (1 / Math.Sqrt(layer)).ToString("R", CultureInfo.InvariantCulture);

    private sealed class Timed : IDisposable
    {
        private readonly INetworkEngine _engine;
        private readonly NetworkSample _sample;
        private readonly int _networks;
        private int _next;

        public Timed(INetworkEngine engine)
        {
            (_engine, _sample) = (engine, new(engine.Architecture.Tokens, engine.Architecture.Depth));
            Time(1);
            _networks = Math.Max(1, (int)(Share / Time(1)));
        }

        public double Seconds() => Time(_networks);

        public void Dispose() => _engine.Dispose();

        // Of the processor, per network.
        private double Time(int networks)
        {
            TimeSpan before = Environment.CpuUsage.TotalTime;
            for (int network = 0; network < networks; network++)
                _engine.Run(1, _next++, _sample);
            return (Environment.CpuUsage.TotalTime - before).TotalSeconds / networks;
        }
    }
}
