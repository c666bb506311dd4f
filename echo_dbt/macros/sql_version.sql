{#- The version of a model's SQL: a hash of its file, of the files of everything that it is made of, and of what the
    contracts say counts. Two figures of one version were made by the same SQL. -#}
{% macro sql_version(node) -%}
    {%- set files = [] -%}
    {%- for unique_id in nodes_behind(node) -%}
        {%- do files.append(unique_id ~ ' ' ~ graph.nodes[unique_id].checksum.checksum) -%}
    {%- endfor -%}
    {%- set counted = [counted_statuses('revenue') | trim, counted_statuses('subscriptions') | trim] -%}
    {{- local_md5((files | sort + counted) | join(' ')) -}}
{%- endmacro %}

{#- Returns the ids of a node and of all models and seeds that it is made of. `found` is what was seen already. -#}
{% macro nodes_behind(node, found=none) %}
    {%- set found = [] if found is none else found -%}
    {%- if node.unique_id not in found -%}
        {%- do found.append(node.unique_id) -%}
        {%- for parent_id in node.depends_on.nodes if parent_id in graph.nodes -%}
            {%- do nodes_behind(graph.nodes[parent_id], found) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- do return(found) -%}
{% endmacro %}
