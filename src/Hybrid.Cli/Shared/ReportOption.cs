using System.CommandLine;
using Hybrid.Cli.Output;
using Hybrid.Import.Files;

namespace Hybrid.Cli.Shared;

/// <summary>--report FILE: the result as a page, HTML with everything in it or Markdown with its figures beside it.</summary>
internal sealed class ReportOption
{
    private readonly Option<string?> _file = new("--report")
    {
        Description = "Write the result as one self-contained page (.html), or as Markdown with its figures beside it (.md).",
        HelpName = "FILE",
    };

    public ReportOption(Command command) => command.Options.Add(_file);

    /// <summary>The file that was asked for, checked before any work is done, or null.</summary>
    public string? File(ParseResult parsed)
    {
        string? file = parsed.GetValue(_file);
        if (file is not null)
            OutputFile.Parse(file, "--report", ".html", ".md");
        return file;
    }

    /// <summary>Writes a page; each file appears whole or not at all.</summary>
    public static void Write(string file, Report page)
    {
        if (Path.GetExtension(file).Equals(".html", StringComparison.OrdinalIgnoreCase))
        {
            AtomicFile.WriteText(file, HtmlWriter.Text(page));
            return;
        }

        string prefix = $"{Path.GetFileNameWithoutExtension(file)}-";
        foreach (ReportFigure figure in page.Figures)
            AtomicFile.WriteText(Path.Combine(Path.GetDirectoryName(file)!, prefix + figure.FileName), figure.Svg);
        AtomicFile.WriteText(file, MarkdownWriter.Text(page, prefix));
    }
}
