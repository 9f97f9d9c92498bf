using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Hybrid.Import.Files;
using Hybrid.Import.Json;
using Hybrid.Import.Safetensors;
using Hybrid.Lab.Tests;
using Hybrid.Networks.Training;
using Xunit;

namespace Hybrid.Import.Tests;

public class SafetensorsTests
{
    private static readonly NamedTensor[] Tensors = [new("a", [3, 2]), new("naïve \"b\"", [5]), new("empty", [0, 4]), new("scalar", [])];

    [Fact]
    public void A_file_read_by_the_format_s_own_description_holds_what_was_written()
    {
        using TemporaryFolder folder = new();
        string path = Write(folder, out FileIdentity identity);
        byte[] bytes = File.ReadAllBytes(path);
        Assert.Equal(FileIdentity.Of(path), identity);
        // The whole format: a length, a JSON header, data at the header's offsets.
        int length = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);
        Assert.Equal(0, length % 8);
        JsonElement header = JsonDocument.Parse(bytes.AsMemory(8, length)).RootElement;
        Assert.Equal("12", header.GetProperty("__metadata__").GetProperty("step").GetString());
        foreach (NamedTensor tensor in Tensors)
        {
            JsonElement entry = header.GetProperty(tensor.Name);
            Assert.Equal("F32", entry.GetProperty("dtype").GetString());
            Assert.Equal(tensor.Shape, entry.GetProperty("shape").EnumerateArray().Select(side => side.GetInt32()));
            int[] offsets = [.. entry.GetProperty("data_offsets").EnumerateArray().Select(offset => offset.GetInt32())];
            Assert.Equal(4 * tensor.Length, offsets[1] - offsets[0]);
            for (int i = 0; i < tensor.Length; i++)
                Assert.Equal(Value(tensor, i), BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(8 + length + offsets[0] + 4 * i)));
        }
    }

    [Fact]
    public void A_file_about_which_nothing_is_said_has_no_metadata()
    {
        byte[] header = SafetensorsHeader.Format(Tensors, new Dictionary<string, string>());
        JsonElement root = JsonDocument.Parse(header.AsMemory(SafetensorsHeader.LengthBytes)).RootElement;
        Assert.Equal(Tensors.Select(tensor => tensor.Name), root.EnumerateObject().Select(entry => entry.Name));
    }

    [Fact]
    public void Any_part_of_a_tensor_reads_back_bit_by_bit()
    {
        using TemporaryFolder folder = new();
        using SafetensorsFile file = SafetensorsFile.Open(Write(folder, out _));
        Assert.Equal(Tensors.Select(tensor => tensor.Name), file.Tensors.Select(tensor => tensor.Name));
        float[] part = new float[3];
        file.Read(Tensors[0], 2, part);
        Assert.Equal([Value(Tensors[0], 2), Value(Tensors[0], 3), Value(Tensors[0], 4)], part);
        Assert.Throws<ArgumentOutOfRangeException>(() => file.Read(Tensors[0], 4, new float[3]));
        Assert.Contains("has no tensor 'c'", Assert.Throws<InputException>(() => file.Read(new("c", [1]), 0, new float[1])).Message);
        Assert.Contains(
            "'a' must be [2, 3], got [3, 2]", Assert.Throws<InputException>(() => file.Read(new("a", [2, 3]), 0, new float[1])).Message);
    }

    [Fact]
    public void A_file_cut_anywhere_is_refused()
    {
        using TemporaryFolder folder = new();
        byte[] whole = File.ReadAllBytes(Write(folder, out _));
        for (int length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(folder.Path("cut"), whole[..length]);
            Assert.StartsWith(folder.Path("cut"), Assert.Throws<InputException>(() => SafetensorsFile.Open(folder.Path("cut"))).Message);
        }
    }

    [Theory]
    [InlineData("{}", 4, "the tensors take 0 bytes of data, the file has 4")]
    [InlineData("[]", 0, "the document must be a JSON object")]
    [InlineData("{", 0, "the header is not JSON")]
    [InlineData("\u0001", 0, "the header is not JSON")]
    [InlineData("{\"a\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4, "tensor 'a': dtype must be F32, got F16")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4, "takes 8 bytes, data_offsets give 4")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,8]}}", 8, "takes 8 bytes, data_offsets give 4")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", 4, "shape must be an array of integers")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[2147483647,2147483647,2147483647],\"data_offsets\":[0,4]}}", 4,
        "data_offsets give 4")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}", 4, "data_offsets must be")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4,8]}}", 4, "data_offsets must be")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,9223372036854775807]}}", 4, "takes 4 bytes")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[-4,0]}}", 4, "data_offsets must be")]
    [InlineData(
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
        8, "inside the one")]
    [InlineData(
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[8,12]}}",
        12, "after a gap")]
    [InlineData(
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}",
        8, "a is given twice")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, "a.data_offsets is missing")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"x\":1}}", 4, "'a.x' is not a field")]
    [InlineData("{\"a\":[[[[[[[[[[[[]]]]]]]]]]]]}", 0, "the header is not JSON")]
    public void A_hostile_header_is_refused_with_its_reason(string json, int data, string message)
    {
        using TemporaryFolder folder = new();
        byte[] header = Encoding.UTF8.GetBytes(json), length = BitConverter.GetBytes((long)header.Length);
        File.WriteAllBytes(folder.Path("x"), [.. length, .. header, .. new byte[data]]);
        Assert.Contains(message, Assert.Throws<InputException>(() => SafetensorsFile.Open(folder.Path("x"))).Message);
    }

    [Fact]
    public void A_type_that_is_none_is_refused_with_those_that_are()
    {
        using TemporaryFolder folder = new();
        byte[] header = Encoding.UTF8.GetBytes("{\"a\":{\"dtype\":\"Q4\",\"shape\":[1],\"data_offsets\":[0,4]}}");
        File.WriteAllBytes(folder.Path("x"), [.. BitConverter.GetBytes((long)header.Length), .. header, .. new byte[4]]);
        Assert.EndsWith(
            $"tensor 'a': dtype must be one of {string.Join(", ", StoredTensor.Types)}, got Q4",
            Assert.Throws<InputException>(() => SafetensorsFile.OpenAny(folder.Path("x"))).Message);
    }

    [Theory]
    [InlineData(8, "F64 I64 U64")]
    [InlineData(4, "F32 I32 U32")]
    [InlineData(2, "F16 BF16 I16 U16")]
    [InlineData(1, "I8 U8 BOOL F8_E5M2 F8_E4M3")]
    public void Every_type_of_the_format_has_its_size(int bytes, string types) =>
        Assert.All(types.Split(' '), type => Assert.Equal(bytes, StoredTensor.BytesOf(type)));

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(1UL << 62)]
    [InlineData(9UL)]
    public void A_header_longer_than_the_file_is_refused_before_memory_is_taken(ulong length)
    {
        using TemporaryFolder folder = new();
        File.WriteAllBytes(folder.Path("x"), [.. BitConverter.GetBytes(length), .. "{}      "u8]);
        Assert.Contains($"the header is said to have {length} bytes", Assert.Throws<InputException>(
            () => SafetensorsFile.Open(folder.Path("x"))).Message);
    }

    private static string Write(TemporaryFolder folder, out FileIdentity identity)
    {
        string path = folder.Path("t.safetensors");
        using HashedWriter file = new(new FileStream(path, FileMode.CreateNew));
        SafetensorsWriter.Write(file.Write, Tensors, new Dictionary<string, string> { ["step"] = "12" }, (tensor, offset, destination) =>
        {
            for (int i = 0; i < destination.Length; i++)
                destination[i] = Value(tensor, offset + i);
        });
        identity = file.Finish();
        return path;
    }

    private static float Value(NamedTensor tensor, long index) => index == 3 ? float.NaN : 0.1f * index - tensor.Name.Length;
}
