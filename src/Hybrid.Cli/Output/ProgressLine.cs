namespace Hybrid.Cli.Output;

/// <summary>
/// Progress on stderr: on a terminal one line that is rewritten and removed at the end, otherwise one plain line for
/// each stage.
/// </summary>
internal sealed class ProgressLine(Terminal terminal) : IDisposable
{
    private const string Erase = "\r\u001b[2K";

    private readonly Lock _gate = new();
    private string? _stage;
    private bool _shown;

    /// <summary>Reports that <paramref name="done"/> of <paramref name="total"/> are done; any thread may.</summary>
    public void Report(string stage, string text, int done, int total)
    {
        lock (_gate)
        {
            if (terminal.LiveProgress)
            {
                terminal.Error.Write($"{Erase}{done,4}/{total}  {text}");
                terminal.Error.Flush();
                _shown = true;
            }
            else if (stage != _stage)
            {
                terminal.Error.WriteLine(text);
            }

            _stage = stage;
        }
    }

    /// <summary>Removes the line.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_shown)
                terminal.Error.Write(Erase);
            _shown = false;
        }
    }
}
