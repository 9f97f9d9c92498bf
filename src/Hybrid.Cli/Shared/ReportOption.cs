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

    private readonly Option<bool> _static = new("--report-static")
    {
        Description = "A page of drawings alone: no script, 3.6 MB less. Without it plots zoom, show values and hide series.",
    };

    public ReportOption(Command command)
    {
        command.Options.Add(_file);
        command.Options.Add(_static);
    }

    /// <summary>The file that was asked for, checked before any work is done, or null.</summary>
    public ReportFile? File(ParseResult parsed)
    {
        string? file = parsed.GetValue(_file);
        if (file is null)
            return null;
        OutputFile.Parse(file, "--report", ".html", ".md");
        return new(file, IsStatic(parsed));
    }

    /// <summary>Whether pages are to hold drawings alone.</summary>
    public bool IsStatic(ParseResult parsed) => parsed.GetValue(_static);
}

/// <summary>Where a page goes.</summary>
/// <param name="Path">A file that ends in .html or .md.</param>
/// <param name="IsStatic">Whether an HTML page is to hold drawings alone.</param>
internal sealed record ReportFile(string Path, bool IsStatic)
{
    /// <summary>Writes the page; each file appears whole or not at all.</summary>
    public void Write(Report page)
    {
        if (System.IO.Path.GetExtension(Path).Equals(".html", StringComparison.OrdinalIgnoreCase))
        {
            AtomicFile.WriteText(Path, HtmlWriter.Text(page, IsStatic));
            return;
        }

        string prefix = $"{System.IO.Path.GetFileNameWithoutExtension(Path)}-";
        foreach (ReportFigure figure in page.Figures)
            AtomicFile.WriteText(System.IO.Path.Combine(System.IO.Path.GetDirectoryName(Path)!, prefix + figure.FileName), figure.Svg);
        AtomicFile.WriteText(Path, MarkdownWriter.Text(page, prefix));
    }
}
