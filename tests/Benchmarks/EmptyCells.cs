using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Hybrid.Lab.Cells;

namespace Hybrid.Benchmarks;

/// <summary>
/// What the machinery of cells costs beside the cells: empty ones, in as many parts as a cluster has tasks, on one machine. Seconds
/// and bytes a cell, files, and how long status and merge take; the numbers of docs/scale.md.
/// </summary>
internal static class EmptyCells
{
    /// <summary>Prints a table.</summary>
    public static int Run(int cells, int parts, int threads)
    {
        string path = Path.Combine(Path.GetTempPath(), $"hybrid-empty-cells-{Environment.ProcessId}");
        try
        {
            Console.WriteLine($"{cells} empty cells in {parts} parts, {threads} at a time, {MachineKind.Here}");
            Work work = new(cells);
            CellFolder folder = CellFolder.Create(path, work.Plan);
            int mostFiles = 0;
            void Parts() => Parallel.For(
                1, parts + 1, new ParallelOptions { MaxDegreeOfParallelism = threads },
                i => CellRun.Run(work, folder, CellAssignment.Of(work.Plan, new(i, parts)), 1, _ => { }, CancellationToken.None));
            using (Timer watch = new(_ => mostFiles = Math.Max(mostFiles, Files(path)), null, 1000, 1000))
            {
                Report("measure and store", cells, Parts);
            }

            long bytes = Directory.GetFiles(path, "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"files: {Files(path)} at the end, {mostFiles} at most (seen once a second); {(double)bytes / cells:0} bytes a cell"));
            Report("begin every part again, all finished", cells, Parts);
            CellStatus? status = null;
            Report("status", cells, () => status = CellStatus.Of(folder));
            Report("merge", cells, () => CellMerge.Run(folder));
            Console.WriteLine($"results: {new FileInfo(folder.PathOf(CellMerge.ResultsName)).Length / cells} bytes a cell, "
                + $"most memory {Process.GetCurrentProcess().PeakWorkingSet64 >> 20} MiB");
            return status!.Complete ? 0 : 1;
        }
        finally
        {
            if (Directory.Exists(path))
                Directory.Delete(path, recursive: true);
        }
    }

    private static int Files(string path)
    {
        try
        {
            return Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Count();
        }
        catch (DirectoryNotFoundException)
        {
            return 0;
        }
    }

    private static void Report(string what, int cells, Action action)
    {
        long start = Stopwatch.GetTimestamp();
        TimeSpan processor = Environment.CpuUsage.TotalTime;
        action();
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{what}: {seconds:0.00} s, {1e6 * seconds / cells:0.0} µs a cell, "
            + $"{(Environment.CpuUsage.TotalTime - processor).TotalSeconds:0.00} s of processor time"));
    }

    private sealed class Work : ICellWork
    {
        public Work(int cells)
        {
            Plan = new("empty", "benchmark", 1, cells, []);
            Cells = [.. Enumerable.Range(0, cells)
                .Select(index => new CellTask($"cell {index}", 1, null, _ => new() { ["value"] = index }))];
        }

        public CellPlan Plan { get; }

        public IReadOnlyList<CellTask> Cells { get; }

        public int MostAtATime => 1;

        public bool WantsGpu => false;

        public string? Device => null;
    }
}
