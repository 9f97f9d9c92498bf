namespace Hybrid.Import.Files;

/// <summary>
/// Stretches of work that leave a half-written file behind if the process ends in them. One that is asked to end waits for those at work
/// and lets no new one begin.
/// </summary>
internal static class FileWork
{
    private static readonly object Gate = new();
    private static int _atWork;
    private static bool _closed;

    /// <summary>Does something that must not be cut off.</summary>
    public static T Do<T>(Func<T> work)
    {
        lock (Gate)
        {
            // Nothing is at work once it is closed, so that what waits here waits for the end of the process.
            while (_closed)
                Monitor.Wait(Gate);
            _atWork++;
        }

        try
        {
            return work();
        }
        finally
        {
            lock (Gate)
            {
                _atWork--;
                Monitor.PulseAll(Gate);
            }
        }
    }

    /// <inheritdoc cref="Do{T}"/>
    public static void Do(Action work) => Do(() =>
    {
        work();
        return true;
    });

    /// <summary>
    /// Waits until nothing is at work, for a while at most, and keeps everything from beginning. Only for a process that ends.
    /// </summary>
    public static void Close(TimeSpan patience)
    {
        long end = Environment.TickCount64 + (long)patience.TotalMilliseconds;
        lock (Gate)
        {
            while (_atWork > 0 && end - Environment.TickCount64 is > 0 and long left)
                Monitor.Wait(Gate, TimeSpan.FromMilliseconds(left));
            _closed = true;
        }
    }
}
