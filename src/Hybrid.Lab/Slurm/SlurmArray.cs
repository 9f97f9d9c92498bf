using Hybrid.Lab.Cells;

namespace Hybrid.Lab.Slurm;

/// <summary>The arrays of a list of cells: those that need equal memory in one array, the largest first.</summary>
/// <param name="Cells">The cells of the array.</param>
/// <param name="Tasks">Its tasks.</param>
/// <param name="MemoryMiB">Memory of a task.</param>
/// <param name="Seconds">Time that a task needs, generously; NaN where nothing tells it.</param>
public sealed record SlurmArray(IReadOnlyList<int> Cells, int Tasks, long MemoryMiB, double Seconds)
{
    // Slurm's own default allows arrays of 1000.
    private const int MostTasks = 1000, UntimedTasks = 100;
    private const double TaskSeconds = 600, Start = 120, Margin = 2;

    // The runtime with its code and buffers, and what a cell takes of which nobody knows.
    private const long RuntimeMiB = 1024, UnknownMiB = 2048, LeastMiB = 2048;

    /// <summary>Deals cells to arrays.</summary>
    /// <param name="work">The cells.</param>
    /// <param name="cells">Which of them.</param>
    /// <param name="options">What is asked for.</param>
    /// <param name="secondsPerCost">What one unit of cost takes, from a first cell; null where none was measured.</param>
    public static IReadOnlyList<SlurmArray> Of(
        ICellWork work, IReadOnlyList<int> cells, SlurmOptions options, double? secondsPerCost) =>
    [
        .. cells.GroupBy(cell => options.Memory is long bytes ? bytes >> 20 : MemoryOf(work, work.Cells[cell], options.Cpus))
            .OrderByDescending(group => group.Key)
            .Select(group => Array(work, [.. group], group.Key, options, secondsPerCost)),
    ];

    private static SlurmArray Array(ICellWork work, int[] cells, long memory, SlurmOptions options, double? secondsPerCost)
    {
        double cost = cells.Sum(cell => work.Cells[cell].Cost), largest = cells.Max(cell => work.Cells[cell].Cost);
        int fitting = secondsPerCost is double pace
            ? (int)Math.Clamp(Math.Ceiling(cost * pace / TaskSeconds / options.Cpus), 1, MostTasks)
            : UntimedTasks;
        int tasks = Math.Min(cells.Length, options.Tasks ?? fitting);

        // A part has at most the mean work and one cell more.
        double seconds = secondsPerCost is double each ? Start + Margin * each * (cost / tasks / options.Cpus + largest) : double.NaN;
        return new(cells, tasks, memory, seconds);
    }

    /// <summary>
    /// As many cells as cores at a time, rounded up to a power of two so that few arrays suffice; the runtime lends a cell three quarters
    /// of what a task has.
    /// </summary>
    private static long MemoryOf(ICellWork work, CellTask cell, int cpus)
    {
        long atATime = Math.Min(cpus, work.MostAtATime);
        long own = cell.Bytes is long bytes ? bytes >> 20 : UnknownMiB, needed = Math.Max(RuntimeMiB + (own * atATime), own + (own / 3));
        long rounded = LeastMiB;
        while (rounded < needed)
            rounded *= 2;
        return rounded;
    }
}
