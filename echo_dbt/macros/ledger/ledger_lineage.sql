{#- What the ledger macros know about the graph. A node is a dict of `graph.nodes`. Views and seeds keep no state of
    their own, so they are looked through; only tables have an entry in the ledger. -#}

{#- `schema/name`: the asset that a node is. -#}
{% macro ledger_asset(node) -%}
    {{ node.schema }}/{{ node.name }}
{%- endmacro %}

{#- 'day' for a model that is rebuilt by day, 'whole' for every other table. -#}
{% macro ledger_reach(node) -%}
    {{ 'day' if node.config.get('meta', {}).get('echo', {}).get('reach') == 'day' else 'whole' }}
{%- endmacro %}

{#- Returns {sources, tables}: the staging sources a node reads through views alone, by name, and the nearest tables
    above it, by id. -#}
{% macro ledger_inputs(node) %}
    {%- set found = {'sources': [], 'tables': []} -%}
    {%- for parent_id in node.depends_on.nodes -%}
        {%- if parent_id.startswith('source.') -%}
            {%- set source = graph.sources[parent_id] -%}
            {%- if source.source_name == 'staging' -%}{%- do found.sources.append(source.name) -%}{%- endif -%}
        {%- elif parent_id.startswith('model.') -%}
            {%- set parent = graph.nodes[parent_id] -%}
            {%- if parent.config.materialized in ('table', 'incremental') -%}
                {%- do found.tables.append(parent_id) -%}
            {%- else -%}
                {%- set above = ledger_inputs(parent) -%}
                {%- do found.sources.extend(above.sources) -%}
                {%- do found.tables.extend(above.tables) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do return({'sources': found.sources | unique | list, 'tables': found.tables | unique | list}) -%}
{% endmacro %}

{#- Returns {source: [gate]} for every staging source upstream of a node, at any distance. A gate is a table between
    the two, {asset, reach}: the node has seen no more of the source than that table had. A source that reaches a
    daily table only through its dimensions is gated by those dimensions. -#}
{% macro ledger_gates(node) %}
    {%- set inputs = ledger_inputs(node) -%}
    {%- set gates = {} -%}
    {%- for source in inputs.sources -%}{%- do gates.update({source: []}) -%}{%- endfor -%}
    {%- for table_id in inputs.tables -%}
        {%- set table = graph.nodes[table_id] -%}
        {%- set reach = ledger_reach(table) | trim -%}
        {%- set direct = ledger_inputs(table).sources -%}
        {%- for source, above in ledger_gates(table).items() -%}
            {%- set own = [{'asset': ledger_asset(table) | trim, 'reach': reach}] -%}
            {%- set through = own if reach == 'whole' or source in direct else above -%}
            {%- do gates.update({source: gates.get(source, []) + through}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- do return(gates) -%}
{% endmacro %}
