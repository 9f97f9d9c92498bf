using System.Diagnostics;
using System.Text.Json;

namespace Hybrid.Benchmarks.Reference;

/// <summary>
/// PyTorch in a process of its own, which answers one request at a time. It must be the Python for which the
/// distribution packages PyTorch; the variable HYBRID_PYTHON names another.
/// </summary>
internal sealed class TorchProcess : IDisposable
{
    private readonly Process process;

    private TorchProcess(Process process, string description)
    {
        this.process = process;
        Description = description;
    }

    /// <summary>Version and settings as the process itself reports them.</summary>
    public string Description { get; }

    /// <summary>The process, or null with the reason why there is none.</summary>
    public static TorchProcess? TryStart(int threads, out string reason)
    {
        string python = Environment.GetEnvironmentVariable("HYBRID_PYTHON") ?? "/usr/bin/python3";
        string script = Path.Combine(AppContext.BaseDirectory, "pytorch", "reference.py");
        ProcessStartInfo start = new(python, [script, threads.ToString()])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment["OPENBLAS_NUM_THREADS"] = threads.ToString();
        start.Environment["OMP_NUM_THREADS"] = threads.ToString();

        // Idle BLAS threads would otherwise spin while the other side is timed.
        start.Environment["OPENBLAS_THREAD_TIMEOUT"] = "10";
        start.Environment["OMP_WAIT_POLICY"] = "passive";
        try
        {
            Process process = Process.Start(start)!;
            string? greeting = process.StandardOutput.ReadLine();
            reason = greeting is null ? $"{python} could not import torch (Debian: python3-torch)" : "";
            return greeting is null ? null : new TorchProcess(process, greeting);
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            reason = $"{python}: {exception.Message}; set HYBRID_PYTHON to a Python that has torch";
            return null;
        }
    }

    /// <summary>Bytes of the process's largest resident size since its last new training shape.</summary>
    public double PeakBytes() => Seconds(new { operation = "memory" });

    /// <summary>Runs one request and returns the seconds that PyTorch measured.</summary>
    public double Seconds(object request)
    {
        process.StandardInput.WriteLine(JsonSerializer.Serialize(request));
        process.StandardInput.Flush();
        string answer = process.StandardOutput.ReadLine()
            ?? throw new InvalidOperationException("the PyTorch process ended; its error is above");
        using JsonDocument document = JsonDocument.Parse(answer);
        return document.RootElement.GetProperty("value").GetDouble();
    }

    public void Dispose()
    {
        process.StandardInput.Close();
        process.WaitForExit();
        process.Dispose();
    }
}
