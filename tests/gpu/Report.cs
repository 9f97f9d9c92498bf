using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Hybrid.Gpu;

/// <summary>
/// Runs the parts one after the other, whatever becomes of the others, and writes report.json, report.txt and log.txt anew after
/// each, so that what is there when time is over stays.
/// </summary>
internal static class Report
{
    // A process that is asked to end may be in the middle of a call of the driver.
    private static readonly TimeSpan Ending = TimeSpan.FromSeconds(10);

    private static readonly JsonSerializerOptions Indented =
        new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>0 where every part ended with 0, else 1.</summary>
    public static int Run(RunOptions options)
    {
        Directory.CreateDirectory(options.Out);
        long start = Stopwatch.GetTimestamp();
        JsonArray parts = [];
        StringBuilder text = new(), log = new();
        bool isWhole = true, isUnchecked = false;
        foreach (Part part in Part.All(options).Where(part => IsAsked(part, options)))
        {
            double left = options.Seconds - Stopwatch.GetElapsedTime(start).TotalSeconds;
            Outcome outcome = left > 1 ? Outcome.Of(part, options, Math.Min(left, part.Seconds), isUnchecked) : Outcome.NotBegun;
            isWhole &= outcome.Code == 0;
            // A newer libtorch may lack what is never called: then it is loaded all the same, and calls find out.
            if (part.Name == "symbols" && outcome.Result?["missing"]?.AsArray().Count > 0)
                isUnchecked = true;
            parts.Add((JsonNode)new JsonObject
            {
                ["part"] = part.Name,
                ["command"] = string.Join(' ', part.Arguments),
                ["code"] = outcome.Code,
                ["ended"] = outcome.Ended,
                ["seconds"] = Math.Round(outcome.Seconds, 2),
                ["result"] = outcome.Result,
            });
            Summary.Write(text, part.Name, outcome);
            log.AppendLine(CultureInfo.InvariantCulture, $"== {part.Name}").AppendLine(outcome.Said);
            JsonObject document = new()
            {
                ["device"] = options.Device,
                ["uncheckedLibtorch"] = isUnchecked,
                ["processors"] = Environment.ProcessorCount,
                ["parts"] = parts.DeepClone(),
            };
            File.WriteAllText(Path.Combine(options.Out, "report.json"), document.ToJsonString(Indented));
            File.WriteAllText(Path.Combine(options.Out, "report.txt"), text.ToString());
            File.WriteAllText(Path.Combine(options.Out, "log.txt"), log.ToString());
            Summary.Write(Console.Out, part.Name, outcome);
        }

        return isWhole ? 0 : 1;
    }

    private static bool IsAsked(Part part, RunOptions options) =>
        options.Only.Length == 0 || options.Only.Any(name => part.Name.StartsWith(name, StringComparison.Ordinal));

    /// <summary>What became of a part.</summary>
    /// <param name="Code">Its exit code; −1 where it has none.</param>
    /// <param name="Ended">In words: by itself, by the clock, or not begun.</param>
    /// <param name="Seconds">How long it ran.</param>
    /// <param name="Result">What it printed; null where that is no JSON.</param>
    /// <param name="Said">What it wrote on stderr, and on stdout where that is no JSON.</param>
    internal sealed record Outcome(int Code, string Ended, double Seconds, JsonNode? Result, string Said)
    {
        public static readonly Outcome NotBegun = new(-1, "not begun: no time was left", 0, null, "");

        public static Outcome Of(Part part, RunOptions options, double seconds, bool isUnchecked)
        {
            ProcessStartInfo start = new(Environment.ProcessPath!) { RedirectStandardOutput = true, RedirectStandardError = true };
            // Under a host of its own the program is the host's first argument.
            if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet")
                start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "hybrid-gpu.dll"));
            foreach (string argument in part.Arguments)
                start.ArgumentList.Add(argument);
            start.Environment["HYBRID_TEST_DEVICE"] = options.Device;
            start.Environment["HYBRID_TEST_PRECISION"] = part.Precision;
            // Threads of libtorch otherwise wait by spinning, for minutes where others want the processor.
            start.Environment["OMP_WAIT_POLICY"] = "passive";
            if (isUnchecked)
                start.Environment["HYBRID_LIBTORCH_UNCHECKED"] = "1";
            long began = Stopwatch.GetTimestamp();
            using Process process = Process.Start(start)!;
            Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
            bool inTime = process.WaitForExit(TimeSpan.FromSeconds(seconds));
            if (!inTime)
            {
                process.Kill(entireProcessTree: true);
                process.WaitForExit(Ending);
            }

            string printed = output.Wait(Ending) ? output.Result : "", said = error.Wait(Ending) ? error.Result : "";
            JsonNode? result = Parsed(printed);
            return new(
                process.HasExited ? process.ExitCode : -1,
                inTime ? "by itself" : string.Create(CultureInfo.InvariantCulture, $"by the clock, after {seconds:0} s"),
                Stopwatch.GetElapsedTime(began).TotalSeconds,
                result,
                result is null ? said + printed : said);
        }

        private static JsonNode? Parsed(string printed)
        {
            try
            {
                return JsonNode.Parse(printed);
            }
            catch (JsonException)
            {
                return null;
            }
        }
    }
}
