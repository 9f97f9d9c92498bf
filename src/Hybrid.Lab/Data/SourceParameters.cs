using System.Globalization;
using Hybrid.Import.Json;

namespace Hybrid.Lab.Data;

/// <summary>The parameters of a synthetic source: NAME or NAME:key=value,key=value. Each is taken once; none may be left over.</summary>
internal sealed class SourceParameters
{
    private readonly string _text;
    private readonly Dictionary<string, string> _values = [];
    private readonly List<string> _known = [];

    /// <summary>Splits the text after its name.</summary>
    /// <exception cref="InputException">A piece is not key=value, or a key is given twice.</exception>
    public SourceParameters(string text)
    {
        _text = text;
        int colon = text.IndexOf(':');
        if (colon < 0)
            return;
        foreach (string piece in text[(colon + 1)..].Split(','))
        {
            string[] sides = piece.Split('=', 2, StringSplitOptions.TrimEntries);
            if (sides.Length != 2 || sides[0] == "" || sides[1] == "")
                throw Wrong($"parameters must be key=value, separated by commas, got '{piece}'");
            if (!_values.TryAdd(sides[0], sides[1]))
                throw Wrong($"{sides[0]} is given twice");
        }
    }

    /// <summary>An error about this source.</summary>
    public InputException Wrong(string reason) => new($"--data {_text}: {reason}");

    public int Integer(string key, int standard, int least, int greatest)
    {
        if (Take(key) is not string text)
            return standard;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value >= least && value <= greatest
            ? value
            : throw Wrong($"{key} must be an integer from {least} to {greatest}, got '{text}'");
    }

    public double Number(string key, double standard)
    {
        if (Take(key) is not string text)
            return standard;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value)
            ? value
            : throw Wrong($"{key} must be a finite number, got '{text}'");
    }

    /// <summary>seed=, or the given one.</summary>
    public ulong Seed(ulong standard)
    {
        if (Take("seed") is not string text)
            return standard;
        return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong value)
            ? value
            : throw Wrong($"seed must be an integer from 0 to {ulong.MaxValue}, got '{text}'");
    }

    /// <summary>Refuses parameters that nothing has taken.</summary>
    public void EnsureNoOther()
    {
        if (_values.Keys.FirstOrDefault() is string other)
        {
            throw Wrong($"'{other}' is not a parameter of this "
                + $"source{NearestName.QuestionOrStop(other, _known)} Legal: {string.Join(", ", _known)}");
        }
    }

    private string? Take(string key)
    {
        _known.Add(key);
        return _values.Remove(key, out string? value) ? value : null;
    }
}
