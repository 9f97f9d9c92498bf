using System.Globalization;

namespace Hybrid.Benchmarks;

/// <summary>
/// Processor time and memory of the command as one size grows and the others stand, with the exponents that the larger sizes show beside
/// those of the algorithm. Every cell is a process of its own that first runs the smallest size, so that neither the compiler's time
/// nor another cell's memory is counted.
/// </summary>
internal static class CostCurves
{
    /// <summary>Runs in a cell's process: the words of the warm-up, then those that are measured.</summary>
    public const string Cell = "cost-cell";

    /// <summary>A row: what runs, with {0} where the size stands, and the exponents of its algorithm.</summary>
    private sealed record Curve(string Name, string Size, string Words, int[] Values, string Time, string Memory);

    private static readonly Curve[] Curves =
    [
        new("predict, no mask", "depth", "predict pre-tanh-chaotic --set depth={0}", [24, 96, 384, 1536], "1", "1"),
        new("predict, no mask", "tokens", "predict pre-tanh-chaotic --set tokens={0}", [64, 256, 1024, 4096], "0", "0"),
        new("predict, causal", "tokens", "predict gpt2 --set tokens={0}", [64, 128, 256, 512], "3", "2"),
        new("predict, causal", "depth", "predict gpt2 --set depth={0}", [12, 24, 48, 96], "1", "1"),
        new("predict, causal", "heads", "predict gpt2 --set heads={0}", [6, 12, 24, 48], "≤ 1", "≤ 1"),
        new("predict, rotary", "tokens", "predict llama-3.1-8b --set depth=8 --set tokens={0}", [64, 128, 256, 512], "2 to 3", "2"),
        new("predict, experts", "experts",
            "predict mixtral-8x7b --set depth=4 "
            + """--set mlp.experts={"count":{0},"active":2,"gate":"renormalised","routerStd":1.28}""", [8, 32, 128, 512], "≤ 1", "≤ 1"),
        new("simulate, conditioned", "width", "simulate gpt2 --samples 4 --set width={0} --set mlpWidth={0}",
            [1536, 3072, 6144, 12288], "1", "1"),
        new("simulate, conditioned", "tokens", "simulate gpt2 --samples 2 --set tokens={0}", [64, 128, 256, 512], "2 to 3", "1 to 2"),
        new("simulate, conditioned", "depth", "simulate gpt2 --samples 2 --set depth={0}", [12, 24, 48, 96], "1", "1"),
        new("simulate, conditioned", "heads", "simulate gpt2 --samples 4 --set heads={0}", [6, 12, 24, 48], "≤ 1", "≤ 1"),
        new("simulate, conditioned", "samples", "simulate gpt2 --samples {0}", [8, 16, 32, 64], "1", "0"),
        new("simulate, dense", "width", "simulate gpt2 --engine dense --samples 2 --set heads=4 --set width={0} --set mlpWidth={0}",
            [256, 512, 1024, 2048], "2", "2"),
        new("simulate, dense", "tokens", "simulate gpt2 --engine dense --samples 2 --set tokens={0}",
            [64, 128, 256, 512], "1 to 2", "1 to 2"),
        new("train", "width", "train gpt2 --set depth=4 --set heads=4 --set width={0} --set mlpWidth={0} "
            + "--data synthetic --steps 4 --batch 8 --eval-sequences 8", [128, 256, 512, 1024], "2", "1 to 2"),
        new("train", "depth", "train gpt2 --set heads=4 --set width=128 --set mlpWidth=512 --set depth={0} "
            + "--data synthetic --steps 4 --batch 8 --eval-sequences 8", [4, 8, 16, 32], "1", "1"),
        new("train", "sequences", "train gpt2 --set depth=4 --set heads=4 --set width=128 --set mlpWidth=512 "
            + "--data synthetic --steps 4 --eval-sequences 8 --batch {0}", [8, 16, 32, 64], "1", "1"),
        new("phase, no mask", "points a side", "phase pre-tanh-critical --x mlp.inStd=0.5:8:{0} --y mlp.branch=0.1:1.5:{0} --json",
            [50, 100, 200, 400], "2", "2"),
        new("phase, causal", "points a side", "phase gpt2 --x mlp.inStd=0.5:8:{0} --y mlp.branch=0.1:1.5:{0} --json",
            [50, 100, 200, 400], "2", "2"),
    ];

    /// <summary>Prints the rows whose name contains <paramref name="name"/>, as Markdown.</summary>
    public static int Run(string name)
    {
        Console.WriteLine($"{Environment.ProcessorCount} cores; load {PairedTraining.LoadAverage()}");
        Console.WriteLine("| what | grows | sizes | processor seconds | exponent | the algorithm's | MiB | exponent | the algorithm's |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
        foreach (Curve curve in Curves.Where(curve => curve.Name.Contains(name, StringComparison.Ordinal)))
        {
            (double Seconds, double Memory)[] cells = [.. curve.Values.Select(value => Measure(curve, value))];
            double[] seconds = [.. cells.Select(cell => cell.Seconds)], memory = [.. cells.Select(cell => cell.Memory)];
            Console.WriteLine(
                $"| {curve.Name} | {curve.Size} | {string.Join(", ", curve.Values)} | {Show(seconds)} | "
                + $"{Exponent(curve.Values, seconds):0.00} | {curve.Time} | {Show(memory)} | "
                + $"{Exponent(curve.Values, memory):0.00} | {curve.Memory} |");
        }

        return 0;
    }

    /// <summary>A cell's own process: prints processor seconds and the MiB that it holds at most beyond what the warm-up left.</summary>
    public static int Measured(string warmUp, string words)
    {
        if (!Runs(warmUp))
            return 2;
        GC.Collect();
        double before = PairedTraining.ResidentBytes();
        TimeSpan start = PeakSpeed.Clock(processor: true);
        if (!Runs(words))
            return 2;
        double seconds = (PeakSpeed.Clock(processor: true) - start).TotalSeconds;
        OwnProcess.Print(seconds, Math.Max(0, PairedTraining.PeakBytes() - before) / (1 << 20));
        return 0;

        static bool Runs(string words)
        {
            string[] args = words.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            using StringWriter output = new(), error = new();
            DirectoryInfo folder = Directory.CreateTempSubdirectory("hybrid-cost-");
            try
            {
                int code = Cli.Cli.Run(
                    args[0] == "train" ? [.. args, "--out", Path.Combine(folder.FullName, "run")] : args, output, error);
                if (code > 1)
                    Console.Error.WriteLine($"{words}: exit code {code}: {error}");
                return code <= 1;
            }
            finally
            {
                folder.Delete(recursive: true);
            }
        }
    }

    private static (double Seconds, double Memory) Measure(Curve curve, int value)
    {
        string[] words = [.. new[] { curve.Values[0], value }.Select(size => curve.Words.Replace("{0}", $"{size}"))];
        double[] numbers = OwnProcess.Numbers(Cell, words[0], words[1]);
        return (numbers[0], numbers[1]);
    }

    /// <summary>Slope of log y over log size through the upper three points, by least squares.</summary>
    private static double Exponent(int[] sizes, double[] y)
    {
        (double X, double Y)[] points = [.. sizes.Zip(y, (size, value) => (Math.Log(size), Math.Log(value))).TakeLast(3)];
        (double x, double mean) = (points.Average(point => point.X), points.Average(point => point.Y));
        return points.Sum(point => (point.X - x) * (point.Y - mean)) / points.Sum(point => (point.X - x) * (point.X - x));
    }

    private static string Show(double[] values) =>
        string.Join(", ", values.Select(value => value.ToString(value < 100 ? "G2" : "0", CultureInfo.InvariantCulture)));
}
