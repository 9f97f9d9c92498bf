using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Hybrid.Cli.Output;
using Hybrid.Cli.Shared;
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
            .. engines.Entries.Select(entry => Engine(entry.Name, true, entry.Description)),
            .. Absent(engines).Select(item => Engine(item.Key, false, item.Value)),
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

    /// <summary>The processor, and the GPUs that engines of this build can use.</summary>
    private static IEnumerable<DeviceDescription> Devices(EngineCatalogue engines)
    {
        // The runtime knows the load of the machine from its last collection.
        GC.Collect(0);
        GCMemoryInfo memory = GC.GetGCMemoryInfo();
        long total = memory.TotalAvailableMemoryBytes;
        return engines.Entries.SelectMany(entry => entry.Gpus())
            .Prepend(new DeviceDescription(DeviceChoice.Processor, Machine.Processor, Math.Max(0, total - memory.MemoryLoadBytes), total));
    }

    private static JsonNode Engine(string name, bool available, string note) =>
        new JsonObject { ["name"] = name, ["available"] = available, ["note"] = note };

    private static IEnumerable<KeyValuePair<string, string>> Absent(EngineCatalogue engines) =>
        EngineCatalogue.OptIn.Where(item => engines.Entries.All(entry => entry.Name != item.Key));

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

        TextTable engines = new("<engine", "<in this build", "<note");
        foreach (EngineEntry entry in session.Engines.Entries)
            engines.Row(entry.Name, "yes", entry.Description);
        foreach ((string name, string remedy) in Absent(session.Engines))
            engines.Row(name, "no", remedy);
        engines.Write(session.Terminal);

        TextTable devices = new("<device", "<model", "free memory", "memory");
        foreach (DeviceDescription device in Devices(session.Engines))
            devices.Row(device.Name, device.Model, MemorySize.Text(device.Free), MemorySize.Text(device.Total));
        devices.Write(session.Terminal);
    }
}
