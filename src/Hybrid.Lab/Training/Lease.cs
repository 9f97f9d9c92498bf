using System.Globalization;
using System.Text;
using Hybrid.Import.Json;

namespace Hybrid.Lab.Training;

/// <summary>
/// A file that says that its folder is in use, and whose holder writes it anew all the while: it has the holder's line and a number that
/// grows. Making it is one call that only one of several succeeds in, on file systems without locks too. One whose number stands still
/// for long, or whose process is seen to have ended, is of a holder that is gone, and the next one takes it away.
/// </summary>
internal sealed class Lease : IDisposable
{
    /// <summary>What the name of the claim to take a lease away has beyond the lease's own.</summary>
    public const string ClaimSuffix = ".taking";

    private readonly string _path;
    private readonly LeaseHolder _holder;
    private readonly LeaseTimes _times;
    private readonly ManualResetEventSlim _end = new();
    private readonly Thread _beats;
    private volatile bool _lost;

    // When it was last seen to be held, by a clock that may stand still while the machine sleeps and by one that may be put back.
    private long _ticks = Environment.TickCount64, _time = DateTime.UtcNow.Ticks;

    private Lease(string path, LeaseHolder holder, LeaseTimes times)
    {
        (_path, _holder, _times) = (path, holder, times);
        _beats = new Thread(Beat) { IsBackground = true, Name = "lease" };
        _beats.Start();
    }

    /// <summary>Takes the lease at a path; null where another process holds it.</summary>
    /// <exception cref="InputException">The file cannot be written.</exception>
    public static Lease? Take(string path, LeaseHolder holder, LeaseTimes times) => RunFile.Do(path, "written", () =>
    {
        for (int attempt = 0; attempt < 3; attempt++)
        {
            if (Make(path, holder))
                return new Lease(path, holder, times);
            string found = Read(path);
            if (found == "" && !File.Exists(path))
                continue;
            if (!IsLeft(path, found, holder, times) || !Remove(path, found, holder, times))
                return null;
        }

        return null;
    });

    /// <inheritdoc cref="RunLock.EnsureHeld"/>
    public void EnsureHeld()
    {
        if (IsLost())
        {
            throw new InputException($"{_path}: another process has taken the run, after this one was still for a long time; "
                + "let that one go on, or stop it and continue with --resume");
        }
    }

    /// <inheritdoc cref="RunLock.EnsureHeldLately"/>
    public void EnsureHeldLately()
    {
        double limit = 2 * _times.Beat.TotalMilliseconds;
        double silent = Environment.TickCount64 - Interlocked.Read(ref _ticks);
        double passed = TimeSpan.FromTicks(Math.Abs(DateTime.UtcNow.Ticks - Interlocked.Read(ref _time))).TotalMilliseconds;
        if (_lost || silent > limit || passed > limit)
            EnsureHeld();
    }

    public void Dispose()
    {
        _end.Set();
        _beats.Join();
        _end.Dispose();
        if (_lost || HolderOf(Read(_path)) != _holder)
            return;
        try
        {
            File.Delete(_path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
        }
    }

    private static bool Make(string path, LeaseHolder holder)
    {
        try
        {
            using FileStream file = new(path, FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
            file.Write(Text(holder, 0));
            return true;
        }
        catch (IOException) when (File.Exists(path))
        {
            return false;
        }
    }

    /// <summary>
    /// Whether the holder of what was found is gone; where it cannot be seen, watched for as long as a live one needs to write.
    /// </summary>
    private static bool IsLeft(string path, string found, LeaseHolder holder, LeaseTimes times)
    {
        if (HolderOf(found)?.HasEnded(holder) is bool ended)
            return ended;
        long end = Environment.TickCount64 + (long)times.Patience.TotalMilliseconds;
        while (Environment.TickCount64 < end)
        {
            Thread.Sleep(times.Beat / 4);
            if (Read(path) != found || !File.Exists(path))
                return false;
        }

        return true;
    }

    /// <summary>
    /// Takes a lease away whose holder is gone. Only who has the claim to that may, so that what it sees there is what it takes away, and
    /// not a lease that another has made since; false where another has the claim, or was faster.
    /// </summary>
    private static bool Remove(string path, string found, LeaseHolder holder, LeaseTimes times)
    {
        string claim = path + ClaimSuffix;
        if (!Make(claim, holder))
        {
            // Made and deleted at once, unless its process died in between: then it goes, and the lease is looked at again.
            bool isLeft = IsLeft(claim, Read(claim), holder, times);
            if (isLeft)
                File.Delete(claim);
            return isLeft;
        }

        try
        {
            bool same = Read(path) == found;
            if (same)
                File.Delete(path);
            return same;
        }
        finally
        {
            File.Delete(claim);
        }
    }

    /// <summary>Whether another has it. One that was taken away and not taken since is taken again.</summary>
    private bool IsLost()
    {
        string found = Read(_path);
        if (found == "" && !File.Exists(_path) && Directory.Exists(Path.GetDirectoryName(_path)) && !Make(_path, _holder))
            found = Read(_path);
        Interlocked.Exchange(ref _ticks, Environment.TickCount64);
        Interlocked.Exchange(ref _time, DateTime.UtcNow.Ticks);
        return _lost |= HolderOf(found) is LeaseHolder other && other != _holder;
    }

    private void Beat()
    {
        for (long number = 1; !_end.Wait(_times.Beat); number++)
        {
            try
            {
                if (IsLost())
                    return;
                using FileStream file = new(_path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
                file.Write(Text(_holder, number));
                file.SetLength(file.Position);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // A full disk stops no training; if it lasts, another process may take the folder, and this one will see it.
            }
        }
    }

    private static byte[] Text(LeaseHolder holder, long number) =>
        Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{holder.ToText()}\n{number}\n"));

    private static LeaseHolder? HolderOf(string text) => LeaseHolder.Parse(text.Split('\n')[0]);

    private static string Read(string path)
    {
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using StreamReader reader = new(file, Encoding.ASCII);
            return reader.ReadToEnd();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}

/// <summary>How often a lease is written, and how long it must stand still to be of nobody.</summary>
/// <param name="Beat">Between two writes.</param>
/// <param name="Patience">Several times as long.</param>
internal sealed record LeaseTimes(TimeSpan Beat, TimeSpan Patience)
{
    /// <summary>Of a run.</summary>
    public static readonly LeaseTimes Usual = new(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30));
}
