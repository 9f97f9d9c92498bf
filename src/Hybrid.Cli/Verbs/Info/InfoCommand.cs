using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Hybrid.Cli.Output;
using Hybrid.Cli.Shared;
using Hybrid.Drawing;
using Hybrid.Lab.Engines;

namespace Hybrid.Cli.Verbs;

/// <summary>hybrid info: what this build and this machine have.</summary>
internal static class InfoCommand
{
    public static Verb Create(Session session)
    {
        Verb verb = new("info", "Shows the engines, devices, memory, SIMD width, threads and versions of this build.", "hybrid info");
        CommonOptions common = new(verb);
        return verb.Does(parsed =>
        {
            if (common.Json(parsed))
                Json.Write(session.Terminal.Out, ToNode(session.Engines));
            else
                WriteTables(session);
            return ExitCode.Agrees;
        });
    }

    private static JsonObject ToNode(EngineCatalogue engines) => new()
    {
        ["version"] = Machine.Version,
        ["runtime"] = RuntimeInformation.FrameworkDescription,
        ["os"] = RuntimeInformation.OSDescription,
        ["processor"] = Machine.Processor,
        ["simd"] = Machine.Simd,
        ["threads"] = Environment.ProcessorCount,
        ["engines"] = new JsonArray(
        [
            .. engines.Entries.Select(entry => (Entry: entry, Missing: entry.WhyMissing())).Select(engine => new JsonObject
            {
                ["name"] = engine.Entry.Name,
                ["available"] = engine.Missing is null,
                ["note"] = engine.Missing ?? engine.Entry.Description,
            }),
        ]),
        ["devices"] = new JsonArray([.. Devices(engines).Select(ToNode)]),
    };

    private static JsonNode ToNode(DeviceDescription device) => new JsonObject
    {
        ["name"] = device.Name,
        ["model"] = device.Model,
        ["freeBytes"] = device.Free,
        ["totalBytes"] = device.Total,
    };

    /// <summary>The processor, and the GPUs that its engines can use.</summary>
    private static IEnumerable<DeviceDescription> Devices(EngineCatalogue engines)
    {
        // The runtime knows the load of the machine from its last collection.
        GC.Collect(0);
        GCMemoryInfo memory = GC.GetGCMemoryInfo();
        long total = memory.TotalAvailableMemoryBytes;
        return engines.Entries.SelectMany(entry => entry.Gpus())
            .Prepend(new DeviceDescription(DeviceChoice.Processor, Machine.Processor, Math.Max(0, total - memory.MemoryLoadBytes), total));
    }

    private static void WriteTables(Session session)
    {
        TextTable facts = new("<what", "<value");
        facts.Row("version", Machine.Version);
        facts.Row("runtime", RuntimeInformation.FrameworkDescription);
        facts.Row("system", RuntimeInformation.OSDescription);
        facts.Row("processor", Machine.Processor);
        facts.Row("SIMD", Machine.Simd);
        facts.Row("threads", Numbers.Integer(Environment.ProcessorCount));
        facts.Write(session.Terminal);

        TextTable engines = new("<engine", "<runs here", "<note");
        foreach (EngineEntry entry in session.Engines.Entries)
        {
            string? missing = entry.WhyMissing();
            engines.Row(entry.Name, missing is null ? "yes" : "no", missing ?? entry.Description);
        }

        engines.Write(session.Terminal);

        TextTable devices = new("<device", "<model", "free memory", "memory");
        foreach (DeviceDescription device in Devices(session.Engines))
            devices.Row(device.Name, device.Model, MemorySize.Text(device.Free), MemorySize.Text(device.Total));
        devices.Write(session.Terminal);
    }
}
