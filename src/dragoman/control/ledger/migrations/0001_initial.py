"""The first tables of this app."""

from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Use',
            fields=[
                ('ref', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('used_at', models.FloatField()),
            ],
            options={
                'db_table': 'credentials_use',
            },
        ),
        migrations.CreateModel(
            name='Fact',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seq', models.BigIntegerField(unique=True)),
                ('kind', models.CharField(max_length=16)),
                ('ref', models.CharField(max_length=255)),
                ('body', models.TextField()),
                ('gone_at', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'credentials_fact',
                'constraints': [models.UniqueConstraint(fields=('kind', 'ref'), name='credentials_fact_thing')],
            },
        ),
    ]
