using System.Text;

namespace Hybrid.Experiments.Cells;

/// <summary>The seed of one cell: cells of one run share no random numbers, and a cell's are the same in every run.</summary>
internal static class CellSeed
{
    /// <summary>FNV-1a over experiment and cell, mixed with the run's seed by SplitMix64's finaliser.</summary>
    public static ulong Of(ulong seed, string experiment, string cell)
    {
        ulong hash = 0xCBF29CE484222325;
        foreach (byte value in Encoding.UTF8.GetBytes($"{experiment}\n{cell}"))
            hash = (hash ^ value) * 0x100000001B3;
        return Mix(hash + Mix(seed + 0x9E3779B97F4A7C15));
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
