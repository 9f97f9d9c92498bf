namespace Hybrid.Networks.Tests;

internal static class Allocations
{
    /// <summary>
    /// Bytes that the calling thread allocates every time that it runs something: the least of several runs, since the runtime itself
    /// allocates in the one during which it replaces a method by its optimised form.
    /// </summary>
    public static long Of(Action run)
    {
        long least = long.MaxValue;
        for (int i = 0; i < 5; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            run();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
