using System.CommandLine;
using Hybrid.Import.Json;
using Hybrid.Lab.Engines;

namespace Hybrid.Cli.Shared;

/// <summary>The options of a verb that measures random networks without weights if no engine is asked for.</summary>
internal sealed class EngineOptions
{
    private readonly EngineCatalogue _engines;
    private readonly string _of;
    private readonly Option<string?> _engine = Options.Engine();
    private readonly DeviceOptions _device;
    private readonly Option<long?> _memory = Options.Memory();

    /// <summary>Adds them.</summary>
    /// <param name="command">The verb.</param>
    /// <param name="engines">The engines by name.</param>
    /// <param name="of">The option that they go with.</param>
    public EngineOptions(Command command, EngineCatalogue engines, string of)
    {
        (_engines, _of) = (engines, of);
        command.Options.Add(_engine);
        _device = new(command);
        command.Options.Add(_memory);
    }

    /// <summary>What was asked for; null for the engine that forms no weights, whether it was named or not.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="apart">Whether other processes may measure, on whose machine the device then is.</param>
    /// <exception cref="InputException">There is no engine of that name, or it offers no such choice.</exception>
    /// <exception cref="EngineMissingException">The engine cannot run on this machine, or the device is not there.</exception>
    public EngineChoice? Choice(ParseResult parsed, bool apart)
    {
        string standard = BuiltEngines.Catalogue.Entries[0].Name, name = parsed.GetValue(_engine) ?? standard;
        EngineChoice choice = new(_engines, name, _device.Choice(parsed, parsed.GetValue(_memory)));
        if (name != standard)
        {
            if (!(apart && choice.Described.OnDevice is not null))
                _ = choice.Found;
            return choice;
        }

        if (_device.FirstGiven(parsed) is not null)
            _ = choice.Found;
        if (choice.Device.Memory is not null)
            throw new InputException($"{_memory.Name} is for networks of real weights; give --engine dense or torch, or leave it out");
        return null;
    }

    /// <summary>Refuses all of them where nothing is measured.</summary>
    /// <exception cref="InputException">One is given.</exception>
    public void Refuse(ParseResult parsed)
    {
        string? given = Options.Given(parsed, _engine) ? _engine.Name
            : Options.Given(parsed, _memory) ? _memory.Name
            : _device.FirstGiven(parsed);
        if (given is string option)
            throw new InputException($"{option} is for {_of}, which is not given");
    }
}
