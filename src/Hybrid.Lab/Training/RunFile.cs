using Hybrid.Import.Json;

namespace Hybrid.Lab.Training;

/// <summary>Turns the system's failures with a run's files into errors that name the file and what to do.</summary>
internal static class RunFile
{
    /// <summary>Does something with a file that must be <paramref name="done"/>, such as "written".</summary>
    /// <param name="path">The file.</param>
    /// <param name="done">What must be done with it.</param>
    /// <param name="action">Does it.</param>
    /// <param name="begins">Whether it is of a run that is only begun, which has no checkpoint to continue from.</param>
    /// <exception cref="InputException">The system refuses.</exception>
    public static T Do<T>(string path, string done, Func<T> action, bool begins = false)
    {
        try
        {
            return action();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            // The system's message may end in " : 'path'", which is said already.
            string reason = error.Message.Split(" : '")[0].TrimEnd('.');
            throw new InputException(
                $"{path}: cannot be {done} ({reason}); make room or give access, "
                + (begins ? "then begin again" : "then continue from the last checkpoint with --resume"),
                error);
        }
    }

    /// <inheritdoc cref="Do{T}"/>
    public static void Do(string path, string done, Action action, bool begins = false) => Do(
        path,
        done,
        () =>
        {
            action();
            return true;
        },
        begins);
}
