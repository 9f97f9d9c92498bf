using Hybrid.Experiments.Runs;
using Hybrid.Import.Files;
using Hybrid.Import.Json;

namespace Hybrid.Cli.Verbs;

/// <summary>Where an experiment leaves what it finds: NAME.md, NAME.json, figures beside them, and the store of cells.</summary>
/// <param name="Name">The experiment's name, with "-quick" for a quick run and the engine where it is not its own.</param>
/// <param name="Folder">The folder, which exists.</param>
internal sealed record ExperimentFiles(string Name, string Folder)
{
    /// <summary>The page.</summary>
    public string Page => Path.Combine(Folder, $"{Name}.md");

    /// <summary>The store of finished cells, one for all experiments of a folder.</summary>
    public string Cells => Path.Combine(Folder, "cells.sqlite");

    /// <summary>The folder of cells that several machines measure.</summary>
    public string CellFolder => Path.Combine(Folder, $"{Name}.cells");

    private string FigurePrefix => $"figures/{Name}-";

    /// <summary>Makes the folder, and says so at once where it cannot be made.</summary>
    /// <exception cref="InputException">The folder cannot be made.</exception>
    public static ExperimentFiles In(string folder, ExperimentPlan plan)
    {
        if (string.IsNullOrWhiteSpace(folder))
            throw new InputException("--out must be a folder that can be written, got an empty path");
        try
        {
            DurableFolder.Make(Path.Combine(folder, "figures"));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            throw new InputException($"--out must be a folder that can be written, got '{folder}' ({error.Message.TrimEnd('.')})", error);
        }

        return new(plan.Name, folder);
    }

    /// <summary>Writes figures, JSON and page; those of a quick run do not replace those of a full one.</summary>
    public void Write(Report page, string json)
    {
        foreach (ReportFigure figure in page.Figures)
            AtomicFile.WriteText(Path.Combine(Folder, FigurePrefix + figure.FileName), figure.Svg);
        AtomicFile.WriteText(Path.Combine(Folder, $"{Name}.json"), json);
        AtomicFile.WriteText(Page, MarkdownWriter.Text(page, FigurePrefix));
    }
}
