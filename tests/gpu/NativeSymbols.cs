using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;
using Hybrid.Torch;

namespace Hybrid.Gpu;

/// <summary>
/// What TorchSharp's native library takes from others, and which of it this machine's libtorch lacks: a libtorch newer than the one
/// that it is built for may have dropped or changed some. The system's loader names the first alone.
/// </summary>
internal static class NativeSymbols
{
    private const int DynamicSymbols = 11, EntrySize = 24;

    /// <summary>The folders, the number of symbols, and the missing ones.</summary>
    public static JsonNode Report()
    {
        NativeFolders folders = NativeFolders.OfProcess();
        string libtorch = NativeLibraries.Find("torch_cpu", "libtorch", folders.Libtorch);
        string wrapper = NativeLibraries.Find(NativeLibraries.Wrapper, "TorchSharp's native library", folders.Wrapper);
        string[] needed = [.. Undefined(Path.Combine(wrapper, NativeFolders.FileName(NativeLibraries.Wrapper)))];
        List<nint> loaded = [];
        JsonArray said = [];
        foreach (string file in (string[])
            ["libc10.so", "libtorch_cpu.so", "libc10_cuda.so", "libtorch_cuda.so", "libtorch.so", "libstdc++.so.6", "libgcc_s.so.1",
                "libm.so.6", "libc.so.6", "ld-linux-x86-64.so.2"])
        {
            string path = Path.Combine(libtorch, file);
            try
            {
                loaded.Add(NativeLibrary.Load(File.Exists(path) ? path : file));
            }
            catch (DllNotFoundException error) when (!file.Contains("cuda"))
            {
                said.Add(error.Message.Split('\n')[0]);
            }
            catch (DllNotFoundException error)
            {
                said.Add($"{file}: {(File.Exists(path) ? error.Message.Split('\n')[0] : "not there")}");
            }
        }

        string[] missing = [.. needed.Where(symbol => !loaded.Any(library => NativeLibrary.TryGetExport(library, symbol, out _)))];
        return new JsonObject
        {
            ["libtorch"] = libtorch,
            ["needed"] = needed.Length,
            ["notLoaded"] = said,
            ["missing"] = new JsonArray([.. missing.Select(symbol => (JsonNode)symbol)]),
        };
    }

    // Global symbols without a section, of the table of dynamic symbols of a 64-bit ELF file. Weak ones may be missing.
    private static IEnumerable<string> Undefined(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        int headers = (int)BitConverter.ToInt64(file, 0x28), size = BitConverter.ToUInt16(file, 0x3A);
        int count = BitConverter.ToUInt16(file, 0x3C);
        int table = Enumerable.Range(0, count).Select(index => headers + index * size)
            .First(header => BitConverter.ToInt32(file, header + 4) == DynamicSymbols);
        int names = Offset(headers + BitConverter.ToInt32(file, table + 0x28) * size), start = Offset(table);
        for (int entry = start; entry < start + (int)BitConverter.ToInt64(file, table + 0x20); entry += EntrySize)
        {
            bool isGlobal = file[entry + 4] >> 4 == 1, isUndefined = BitConverter.ToUInt16(file, entry + 6) == 0;
            int name = names + BitConverter.ToInt32(file, entry);
            if (isGlobal && isUndefined)
                yield return Encoding.ASCII.GetString(file.AsSpan(name, file.AsSpan(name).IndexOf((byte)0)));
        }

        int Offset(int header) => (int)BitConverter.ToInt64(file, header + 0x18);
    }
}
