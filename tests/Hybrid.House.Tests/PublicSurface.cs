using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Hybrid.House.Tests;

/// <summary>What a library shows to others, as sorted lines of text: one for a type, one indented for each of its members.</summary>
internal static class PublicSurface
{
    private static readonly Dictionary<Type, string> Words = new()
    {
        [typeof(void)] = "void",
        [typeof(bool)] = "bool",
        [typeof(int)] = "int",
        [typeof(long)] = "long",
        [typeof(ulong)] = "ulong",
        [typeof(float)] = "float",
        [typeof(double)] = "double",
        [typeof(string)] = "string",
        [typeof(object)] = "object",
    };

    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static string Of(Assembly library)
    {
        IEnumerable<string> types = library.GetExportedTypes()
            .Where(type => !IsGenerated(type))
            .OrderBy(Name, StringComparer.Ordinal)
            .Select(type =>
                string.Join('\n', [Header(type), .. Members(type).Order(StringComparer.Ordinal).Select(line => $"    {line}")]));
        return string.Join("\n\n", types) + "\n";
    }

    /// <summary>
    /// Functions of F# modules and static methods, as "Module.name" by their names in F#, and types with other methods by their own.
    /// </summary>
    public static string[] Functions(Assembly library) =>
    [
        .. library.GetExportedTypes().Where(type => !IsGenerated(type)).SelectMany(type => type.GetMethods(Declared)
                .Where(method => !method.IsSpecialName && IsVisible(method) && !method.IsVirtual && !IsGenerated(method)
                    && !method.Name.StartsWith("op_", StringComparison.Ordinal))
                .Select(method => IsModule(type) ? $"{SourceName(type)}.{SourceName(method)}" : SourceName(type)))
            .Distinct()
            .Order(StringComparer.Ordinal),
    ];

    private static bool IsModule(Type type) => type is { IsAbstract: true, IsSealed: true };

    // F# says by an attribute what a function is called there if that is not its name elsewhere; a module's name may end in Module.
    private static string SourceName(MemberInfo member) =>
        member.GetCustomAttributesData()
            .Where(data => data.AttributeType.Name == "CompilationSourceNameAttribute")
            .Select(data => (string)data.ConstructorArguments[0].Value!)
            .FirstOrDefault(member is Type && member.Name.EndsWith("Module", StringComparison.Ordinal) ? member.Name[..^6] : member.Name);

    private static string Header(Type type)
    {
        string kind = type.IsEnum ? "enum" : type.IsInterface ? "interface" : type.IsValueType ? "struct"
            : typeof(Delegate).IsAssignableFrom(type) ? "delegate" : "class";
        string modifier = type.IsInterface || type.IsValueType ? "" : type is { IsAbstract: true, IsSealed: true } ? "static "
            : type.IsAbstract ? "abstract " : type.IsSealed ? "sealed " : "";
        string parents = string.Join(", ", Parents(type).Select(Name).Order(StringComparer.Ordinal));
        return $"{modifier}{kind} {Name(type)}{(parents == "" ? "" : $" : {parents}")}";
    }

    private static IEnumerable<Type> Parents(Type type)
    {
        if (type.BaseType is Type parent && parent != typeof(object) && parent != typeof(ValueType) && parent != typeof(Enum))
            yield return parent;
        foreach (Type contract in type.GetInterfaces().Where(
            contract => contract.Assembly == type.Assembly || contract == typeof(IDisposable)))
        {
            yield return contract;
        }
    }

    private static IEnumerable<string> Members(Type type)
    {
        foreach (MemberInfo member in type.GetMembers(Declared).Where(member => !IsGenerated(member)))
        {
            string? line = member switch
            {
                FieldInfo { IsSpecialName: false } field when IsVisible(field) => Field(field),
                ConstructorInfo { IsStatic: false } constructor when IsVisible(constructor) => $"new({Parameters(constructor)})",
                MethodInfo { IsSpecialName: false } method when IsVisible(method) =>
                    $"{Static(method)}{Name(method.ReturnType)} {method.Name}{Generic(method)}({Parameters(method)})",
                PropertyInfo property when Accessors(property).Any(IsVisible) => Property(property),
                EventInfo @event => $"event {Name(@event.EventHandlerType!)} {@event.Name}",
                _ => null,
            };
            if (line is not null)
                yield return line;
        }
    }

    private static string Field(FieldInfo field) => field.IsLiteral
        ? $"const {Name(field.FieldType)} {field.Name} = {Convert.ToString(field.GetRawConstantValue(), CultureInfo.InvariantCulture)}"
        : $"{(field.IsStatic ? "static " : "")}{(field.IsInitOnly ? "readonly " : "")}{Name(field.FieldType)} {field.Name}";

    private static string Property(PropertyInfo property)
    {
        MethodInfo accessor = Accessors(property).First();
        string index = property.GetIndexParameters() is { Length: > 0 } indices ? $"[{string.Join(", ", indices.Select(Parameter))}]" : "";
        string set = property.SetMethod is not MethodInfo setter || !IsVisible(setter) ? ""
            : setter.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) ? " init;" : " set;";
        return $"{Static(accessor)}{Name(property.PropertyType)} {property.Name}{index} {{{(property.CanRead ? " get;" : "")}{set} }}";
    }

    private static IEnumerable<MethodInfo> Accessors(PropertyInfo property) =>
        ((MethodInfo?[])[property.GetMethod, property.SetMethod]).OfType<MethodInfo>();

    private static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static bool IsVisible(FieldInfo field) => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly;

    // Records' and unions' equality and the like, which follows from what they hold.
    private static bool IsGenerated(MemberInfo member) =>
        member.IsDefined(typeof(CompilerGeneratedAttribute), false) && member is not PropertyInfo
        || member.Name.Contains('@')
        || member.Name.StartsWith('<');

    private static string Static(MethodBase method) => method.IsStatic ? "static " : "";

    private static string Generic(MethodInfo method) =>
        method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(Name))}>" : "";

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(Parameter));

    private static string Parameter(ParameterInfo parameter) =>
        $"{Name(parameter.ParameterType)} {parameter.Name}{(parameter.IsOptional ? " = …" : "")}";

    private static string Name(Type type)
    {
        if (Words.TryGetValue(type, out string? word))
            return word;
        if (type.IsGenericParameter)
            return type.Name;
        if (type.HasElementType)
            return Name(type.GetElementType()!) + (type.IsArray ? "[]" : type.IsByRef ? "&" : "*");
        string name = type.IsNested ? $"{Name(type.DeclaringType!).Split('<')[0]}.{type.Name}" : $"{type.Namespace}.{type.Name}";
        name = name.Split('`')[0];
        return type.GetGenericArguments() is { Length: > 0 } arguments ? $"{name}<{string.Join(", ", arguments.Select(Name))}>" : name;
    }
}
