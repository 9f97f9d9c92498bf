namespace Hybrid.Import.Json;

/// <summary>
/// The user's input cannot be used. The message says what was asked, what was received and what is legal, in one line
/// that the command prints as it stands (exit code 2).
/// </summary>
public class InputException : Exception
{
    /// <summary>An error that needs no inner cause.</summary>
    public InputException(string message)
        : base(message)
    {
    }

    /// <summary>An error that another one caused.</summary>
    public InputException(string message, Exception? inner)
        : base(message, inner)
    {
    }
}
