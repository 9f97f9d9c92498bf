namespace Hybrid.Harness.Training;

/// <summary>Turns the system's failures with a run's files into errors that name the file and what to do.</summary>
internal static class RunFile
{
    /// <summary>Does something with a file that must be <paramref name="done"/>, such as "written".</summary>
    /// <exception cref="InputException">The system refuses.</exception>
    public static T Do<T>(string path, string done, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new InputException(
                $"{path}: cannot be {done} ({error.Message.TrimEnd('.')}); make room or give access and continue with --resume, from the last checkpoint",
                error);
        }
    }

    /// <inheritdoc cref="Do{T}"/>
    public static void Do(string path, string done, Action action) => Do(path, done, () =>
    {
        action();
        return true;
    });
}
