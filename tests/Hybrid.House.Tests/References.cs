using System.Reflection;
using System.Reflection.Emit;

namespace Hybrid.House.Tests;

/// <summary>The types that a type of the same library refers to: in signatures, in fields and in the code of methods.</summary>
internal static class References
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<short, OpCode> Codes = typeof(OpCodes)
        .GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!)
        .ToDictionary(code => code.Value);

    /// <summary>Every pair (from, to) of different namespaces of a library, with the members that make it.</summary>
    public static ILookup<(string From, string To), string> Namespaces(Assembly library) =>
        (from type in library.GetTypes()
         where IsOwn(type)
         from reference in Of(type)
         from used in Flat(reference.Type)
         where used.Assembly == library && IsOwn(used) && used.Namespace != type.Namespace
         select ((type.Namespace!, used.Namespace!), $"{type.Name}.{reference.Member} → {used.Name}"))
        .ToLookup(pair => pair.Item1, pair => pair.Item2);

    // The F# compiler keeps what runs at the start in a namespace of its own.
    private static bool IsOwn(Type type) => type.Namespace is string space && !space.StartsWith('<');

    private static IEnumerable<(string Member, Type Type)> Of(Type type)
    {
        if (type.BaseType is Type parent)
            yield return ("base", parent);
        foreach (Type contract in type.GetInterfaces())
            yield return ("interface", contract);
        foreach (FieldInfo field in type.GetFields(Declared))
            yield return (field.Name, field.FieldType);
        foreach (MethodBase method in type.GetMethods(Declared).Cast<MethodBase>().Concat(type.GetConstructors(Declared)))
        {
            foreach (Type used in Signature(method).Concat(Code(method)))
                yield return (method.Name, used);
        }
    }

    private static IEnumerable<Type> Signature(MethodBase method) =>
        method.GetParameters().Select(parameter => parameter.ParameterType)
            .Concat(method is MethodInfo { ReturnType: Type result } ? [result] : [])
            .Concat(method.GetMethodBody()?.LocalVariables.Select(local => local.LocalType) ?? []);

    private static List<Type> Code(MethodBase method)
    {
        List<Type> used = [];
        byte[] code = method.GetMethodBody()?.GetILAsByteArray() ?? [];
        Type[] types = method.DeclaringType!.GetGenericArguments();
        Type[] arguments = method.IsGenericMethodDefinition ? method.GetGenericArguments() : [];
        for (int at = 0; at < code.Length;)
        {
            short value = code[at] == 0xFE ? (short)(0xFE00 | code[at + 1]) : code[at];
            OpCode instruction = Codes[value];
            at += instruction.Size;
            bool names = instruction.OperandType
                is OperandType.InlineMethod or OperandType.InlineField or OperandType.InlineType or OperandType.InlineTok;
            if (names)
                used.AddRange(Types(method.Module.ResolveMember(BitConverter.ToInt32(code, at), types, arguments)));
            at += Length(instruction, code, at);
        }

        return used;
    }

    private static IEnumerable<Type> Types(MemberInfo? member) => member switch
    {
        Type type => [type],
        MethodBase method => [method.DeclaringType!, .. method.IsGenericMethod ? method.GetGenericArguments() : []],
        FieldInfo field => [field.DeclaringType!, field.FieldType],
        _ => [],
    };

    private static int Length(OpCode instruction, byte[] code, int at) => instruction.OperandType switch
    {
        OperandType.InlineNone => 0,
        OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
        OperandType.InlineVar => 2,
        OperandType.InlineI8 or OperandType.InlineR => 8,
        OperandType.InlineSwitch => 4 + 4 * BitConverter.ToInt32(code, at),
        _ => 4,
    };

    // A type without what makes it an array, and the arguments of a generic one.
    private static IEnumerable<Type> Flat(Type type) =>
        type.HasElementType ? Flat(type.GetElementType()!)
        : type.IsGenericParameter ? []
        : type.IsGenericType ? [type.GetGenericTypeDefinition(), .. type.GetGenericArguments().SelectMany(Flat)]
        : [type];
}
