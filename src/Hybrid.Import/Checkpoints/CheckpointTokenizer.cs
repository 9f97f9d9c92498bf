using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Hybrid.Import.Json;
using Microsoft.ML.Tokenizers;

namespace Hybrid.Import.Checkpoints;

/// <summary>
/// The tokenizer beside a checkpoint, where it is of a kind that is read: tokenizer.json with byte-level pairs (GPT-2, Qwen, LLaMA 3,
/// Pythia, OLMo 2) or word pieces, or vocab.txt (BERT). GPT-2's own is always there.
/// </summary>
public sealed class CheckpointTokenizer
{
    private const int Gpt2Vocabulary = 50257;

    // What the text is cut into before pairs are merged, where tokenizer.json names no pattern: GPT-2's.
    private const string Gpt2Pattern = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    private static readonly TimeSpan MostTime = TimeSpan.FromSeconds(20);

    private readonly Tokenizer _tokenizer;

    private CheckpointTokenizer(Tokenizer tokenizer, string description) => (_tokenizer, Description) = (tokenizer, description);

    /// <summary>Which it is, for the first lines of the output.</summary>
    public string Description { get; }

    /// <summary>The token that begins every sequence, where the family has one.</summary>
    public int? First { get; private init; }

    /// <summary>The token that ends every sequence, where the family has one.</summary>
    public int? Last { get; private init; }

    /// <summary>The token that stands for a hidden one, where there is one.</summary>
    public int? Mask { get; private init; }

    /// <summary>The tokenizer of a checkpoint's folder; null with the reason where it is none that is read.</summary>
    public static CheckpointTokenizer? Find(string folder, int vocabulary, out string? reason)
    {
        string json = Path.Combine(folder, "tokenizer.json"), words = Path.Combine(folder, "vocab.txt");
        reason = null;
        try
        {
            if (File.Exists(words))
            {
                using FileStream stream = File.OpenRead(words);
                return OfWords(stream, LowerCase(folder), "vocab.txt");
            }

            if (File.Exists(json))
                return OfJson(json, folder, out reason);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException or ArgumentException
            or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new InputException($"{folder}: its tokenizer cannot be read ({error.Message.TrimEnd('.')}); give --ids FILE", error);
        }

        if (vocabulary == Gpt2Vocabulary)
            return new(TiktokenTokenizer.CreateForModel("gpt2"), "GPT-2's byte pairs");
        reason = $"{folder} holds neither tokenizer.json nor vocab.txt";
        return null;
    }

    /// <summary>The tokens of a text, without any first or last one.</summary>
    /// <exception cref="InputException">The tokenizer's pattern takes too long.</exception>
    public IReadOnlyList<int> Encode(string text)
    {
        try
        {
            return _tokenizer is BertTokenizer bert ? bert.EncodeToIds(text, addSpecialTokens: false) : _tokenizer.EncodeToIds(text);
        }
        catch (RegexMatchTimeoutException error)
        {
            throw new InputException("the tokenizer's pattern takes more than 20 seconds on this text; give --ids FILE", error);
        }
    }

    private static CheckpointTokenizer OfWords(Stream vocabulary, bool lowerCase, string description)
    {
        BertTokenizer tokenizer = BertTokenizer.Create(vocabulary, new BertOptions { LowerCaseBeforeTokenization = lowerCase });
        return new(tokenizer, $"word pieces of {description}")
        {
            First = tokenizer.ClassificationTokenId,
            Last = tokenizer.SeparatorTokenId,
            Mask = tokenizer.MaskingTokenId,
        };
    }

    private static bool LowerCase(string folder)
    {
        string path = Path.Combine(folder, "tokenizer_config.json");
        if (!File.Exists(path))
            return true;
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(path));
        return !document.RootElement.TryGetProperty("do_lower_case", out JsonElement value) || value.ValueKind != JsonValueKind.False;
    }

    private static CheckpointTokenizer? OfJson(string path, string folder, out string? reason)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(path));
        JsonElement root = document.RootElement, model = root.GetProperty("model");
        string type = model.TryGetProperty("type", out JsonElement named) ? named.GetString() ?? "" : "BPE";
        reason = null;
        if (type == "WordPiece")
        {
            string[] pieces = new string[model.GetProperty("vocab").EnumerateObject().Max(item => item.Value.GetInt32()) + 1];
            foreach (JsonProperty piece in model.GetProperty("vocab").EnumerateObject())
                pieces[piece.Value.GetInt32()] = piece.Name;
            using MemoryStream stream = new(Encoding.UTF8.GetBytes(string.Join('\n', pieces)));
            return OfWords(stream, LowerCase(folder), "tokenizer.json");
        }

        string? pattern = type == "BPE" ? PatternOf(root) : null;
        if (pattern is null)
        {
            reason = $"tokenizer.json is of a kind ({type}) that is not read: byte-level pairs and word pieces are";
            return null;
        }

        BpeOptions options = new(model.GetProperty("vocab").EnumerateObject()
            .Select(item => KeyValuePair.Create(item.Name, item.Value.GetInt32())))
        {
            Merges = [.. model.GetProperty("merges").EnumerateArray().Select(Merge)],
            ByteLevel = true,
            PreTokenizer = new RegexPreTokenizer(new Regex(pattern, RegexOptions.CultureInvariant, MostTime), null),
        };
        (int? first, int? last) = Ends(root);
        string taken = Composes(root) ? ", the text taken as composed (NFC)" : "";
        return new(BpeTokenizer.Create(options), $"byte pairs of tokenizer.json{taken}") { First = first, Last = last };
    }

    private static string Merge(JsonElement merge) => merge.ValueKind == JsonValueKind.Array
        ? $"{merge[0].GetString()} {merge[1].GetString()}"
        : merge.GetString()!;

    // The pattern of a byte-level tokenizer; null of another.
    private static string? PatternOf(JsonElement root)
    {
        if (!root.TryGetProperty("pre_tokenizer", out JsonElement before) || before.ValueKind != JsonValueKind.Object)
            return null;
        JsonElement[] parts = before.TryGetProperty("pretokenizers", out JsonElement list) ? [.. list.EnumerateArray()] : [before];
        string? pattern = null;
        bool bytes = false;
        foreach (JsonElement part in parts)
        {
            switch (part.GetProperty("type").GetString())
            {
                case "Split" when part.GetProperty("pattern").TryGetProperty("Regex", out JsonElement regex) && pattern is null:
                    pattern = regex.GetString();
                    break;
                case "ByteLevel":
                    if (part.TryGetProperty("add_prefix_space", out JsonElement prefix) && prefix.GetBoolean())
                        return null;
                    bytes = true;
                    if (!part.TryGetProperty("use_regex", out JsonElement uses) || uses.GetBoolean())
                        pattern ??= Gpt2Pattern;
                    break;
                default:
                    return null;
            }
        }

        return bytes ? pattern : null;
    }

    // The command runs without the tables that composing needs; almost all text is composed already.
    private static bool Composes(JsonElement root) =>
        root.TryGetProperty("normalizer", out JsonElement normaliser) && normaliser.ValueKind == JsonValueKind.Object
        && normaliser.GetProperty("type").GetString() == "NFC";

    private static (int? First, int? Last) Ends(JsonElement root)
    {
        if (!root.TryGetProperty("post_processor", out JsonElement after) || after.ValueKind != JsonValueKind.Object)
            return (null, null);
        JsonElement[] parts = after.TryGetProperty("processors", out JsonElement list) ? [.. list.EnumerateArray()] : [after];
        foreach (JsonElement part in parts)
        {
            switch (part.GetProperty("type").GetString())
            {
                case "RobertaProcessing" or "BertProcessing":
                    return (part.GetProperty("cls")[1].GetInt32(), part.GetProperty("sep")[1].GetInt32());
                case "TemplateProcessing":
                    JsonElement[] single = [.. part.GetProperty("single").EnumerateArray()];
                    JsonElement tokens = part.GetProperty("special_tokens");
                    int? Special(JsonElement item) => item.TryGetProperty("SpecialToken", out JsonElement special)
                        ? tokens.GetProperty(special.GetProperty("id").GetString()!).GetProperty("ids")[0].GetInt32()
                        : null;
                    return (Special(single[0]), single.Length > 1 ? Special(single[^1]) : null);
            }
        }

        return (null, null);
    }
}
