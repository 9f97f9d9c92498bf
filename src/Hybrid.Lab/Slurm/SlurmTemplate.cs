using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using Hybrid.Import.Json;

namespace Hybrid.Lab.Slurm;

/// <summary>The script of an array of tasks: a text with names in braces, which a site may replace by its own.</summary>
public static partial class SlurmTemplate
{
    private static readonly string[] Names =
        ["name", "tasks", "time", "memory", "cpus", "gpus", "partition", "account", "log", "grace", "command"];

    /// <summary>The template that is taken where no other is given.</summary>
    public static string Standard { get; } = Read();

    /// <summary>
    /// The script of an array. A line with a name for which nothing is given is left out; $NAME and ${NAME} are the shell's.
    /// </summary>
    /// <param name="template">The text.</param>
    /// <param name="source">Names it in errors.</param>
    /// <param name="values">Values by name; null where nothing is given.</param>
    /// <exception cref="InputException">The template has another name in braces, or no command.</exception>
    public static string Fill(string template, string source, IReadOnlyDictionary<string, string?> values)
    {
        if (!template.Contains("{command}", StringComparison.Ordinal))
            throw new InputException($"{source}: must have a line with {{command}}, as hybrid cells template has");
        StringBuilder script = new();
        foreach (string line in template.Replace("\r", "").TrimEnd('\n').Split('\n'))
        {
            // Comments may speak of names.
            bool comment = line.StartsWith('#') && !line.StartsWith("#SBATCH", StringComparison.Ordinal);
            string[] asked = comment ? [] : [.. Name().Matches(line).Select(match => match.Groups[1].Value)];
            if (asked.FirstOrDefault(name => !Names.Contains(name)) is string other)
            {
                throw new InputException($"{source}: {{{other}}} must be one of {string.Join(", ", Names.Select(name => $"{{{name}}}"))}"
                    + NearestName.Question(other, Names));
            }

            if (asked.All(name => values.GetValueOrDefault(name) is not null))
                script.Append(comment ? line : Name().Replace(line, match => values[match.Groups[1].Value]!)).Append('\n');
        }

        return script.ToString();
    }

    /// <summary>A word as bash reads it, whatever it holds.</summary>
    public static string Quoted(string word) => $"'{word.Replace("'", "'\\''")}'";

    private static string Read()
    {
        using Stream file = Assembly.GetExecutingAssembly().GetManifestResourceStream("Hybrid.Lab.Slurm.template.sh")!;
        using StreamReader reader = new(file, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    [GeneratedRegex(@"(?<!\$)\{([A-Za-z_]+)\}")]
    private static partial Regex Name();
}
