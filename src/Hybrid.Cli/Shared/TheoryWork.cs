using Hybrid.Architectures;
using Hybrid.Import.Json;
using Hybrid.Lab.Engines;

namespace Hybrid.Cli.Shared;

/// <summary>Questions to the theory, which answers as a whole and does not look up: refused if too large, left behind if stopped.</summary>
internal static class TheoryWork
{
    // Time and memory of the closed layers grow as their number; a million of them would hold gigabytes.
    private const int LargestDepth = 1 << 16;

    /// <summary>The answer about one architecture.</summary>
    /// <exception cref="InputException">The layers would not fit into memory.</exception>
    /// <exception cref="OperationCanceledException">Stopped before there was an answer.</exception>
    public static T Of<T>(Session session, Architecture architecture, Func<Architecture, T> answer)
    {
        EnsureFits(architecture);
        return Run(session, () => answer(architecture));
    }

    /// <summary>Runs what cannot be told to stop: a stopped session does not wait for it, and the process ends with its thread.</summary>
    /// <exception cref="OperationCanceledException">Stopped before there was an answer.</exception>
    public static T Run<T>(Session session, Func<T> work) =>
        Task.Run(work).WaitAsync(session.Cancellation).GetAwaiter().GetResult();

    /// <summary>Refuses what takes more memory than there is to spare.</summary>
    /// <exception cref="InputException">The layers would not fit into memory.</exception>
    public static void EnsureFits(Architecture architecture)
    {
        if (architecture.Depth > LargestDepth)
        {
            throw new InputException($"architecture '{architecture.Name}': a prediction is of at most {LargestDepth} layers, "
                + $"got depth {architecture.Depth}; give a smaller --set depth=…");
        }

        if (Features.AreClosed(architecture))
            return;

        // The Gram process holds a few n × n matrices for every layer.
        Int128 bytes = (Int128)4 * sizeof(double) * architecture.Tokens * architecture.Tokens * (architecture.Depth + 1);
        long memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2;
        if (bytes > memory)
        {
            throw new InputException(
                $"architecture '{architecture.Name}': {architecture.Tokens} tokens with a "
                + $"mask or positions and {architecture.Depth} layers take {MemorySize.Text(bytes)}, "
                + $"and {MemorySize.Text(memory)} are allowed, half of what there is; give a smaller --set tokens=… or depth=…");
        }
    }
}
