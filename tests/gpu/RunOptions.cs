using System.Globalization;

namespace Hybrid.Gpu;

/// <summary>What is asked of a whole run.</summary>
/// <param name="Device">cuda, cuda:N, or cpu, which takes small sizes: to prove that every part runs.</param>
/// <param name="Out">Folder of the report.</param>
/// <param name="Seconds">Of all parts together; what is not begun by then is left out and named.</param>
/// <param name="Only">Names of parts, or beginnings of names; empty: all.</param>
internal sealed record RunOptions(string Device, string Out, double Seconds, string[] Only)
{
    private const string Usage =
        "tests/gpu/run [--device cuda|cuda:N|cpu] [--out FOLDER] [--seconds N] [--only PART,PART,…]; parts: ";

    /// <summary>Whether sizes are those of a machine without a GPU.</summary>
    public bool Small => Device == "cpu";

    /// <summary>Reads them; says what is understood where something is not.</summary>
    public static bool TryParse(string[] args, out RunOptions options)
    {
        options = new("cuda", Environment.GetEnvironmentVariable("OUT") is { Length: > 0 } folder ? folder : "hybrid-gpu", 570, []);
        for (int index = 0; index < args.Length; index += 2)
        {
            string? value = index + 1 < args.Length ? args[index + 1] : null;
            RunOptions? next = (args[index], value) switch
            {
                ("--device", string device) => options with { Device = device },
                ("--out", string path) => options with { Out = path },
                ("--seconds", string text) when double.TryParse(text, CultureInfo.InvariantCulture, out double seconds) =>
                    options with { Seconds = seconds },
                ("--only", string names) => options with { Only = names.Split(',') },
                _ => null,
            };
            if (next is null)
            {
                Console.Error.WriteLine(Usage + string.Join(", ", Part.All(options).Select(part => part.Name)));
                return false;
            }

            options = next;
        }

        return true;
    }
}
